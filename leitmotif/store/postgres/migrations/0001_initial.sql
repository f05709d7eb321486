-- Texts compare by code point (COLLATE "C"), so that every server sorts alike and as SQLite does.
CREATE TABLE cases (
    row BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    date TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    length INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX cases_by_date ON cases (date DESC, id DESC);

-- One row for each value that a filter can ask for: kind is narrative, language, country, outlet or keyword.
CREATE TABLE case_values (
    kind TEXT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    row BIGINT NOT NULL REFERENCES cases (row) ON DELETE CASCADE,
    PRIMARY KEY (kind, value, row)
);
CREATE INDEX case_values_by_row ON case_values (row);

-- SHA-256 of the content hashes and URLs under which a case is the exact answer.
CREATE TABLE case_keys (
    key BYTEA NOT NULL,
    row BIGINT NOT NULL REFERENCES cases (row) ON DELETE CASCADE,
    PRIMARY KEY (key, row)
);
CREATE INDEX case_keys_by_row ON case_keys (row);

-- How often each word stands in each case, and how many words the case has: what BM25 needs, in one index.
-- No foreign key: it would double the cost of an import, and whoever deletes a case must count its words off anyway.
CREATE TABLE case_words (
    word TEXT COLLATE "C" NOT NULL,
    row BIGINT NOT NULL,
    frequency INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (word, row) INCLUDE (frequency, length)
);
CREATE INDEX case_words_by_row ON case_words (row);

-- In how many cases each word stands. Counted in the transaction that writes the case.
CREATE TABLE word_counts (
    word TEXT COLLATE "C" PRIMARY KEY,
    cases BIGINT NOT NULL
) WITH (fillfactor = 70);

-- The one row: how many cases there are, and how many words in all of them.
CREATE TABLE totals (
    cases BIGINT NOT NULL,
    words BIGINT NOT NULL
);
INSERT INTO totals (cases, words) VALUES (0, 0);

-- Vectors of any dimension. An encoder's HNSW indexes are made when its vectors are many: see index.py.
CREATE TABLE vectors (
    encoder TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    row BIGINT NOT NULL REFERENCES cases (row) ON DELETE CASCADE,
    vector VECTOR NOT NULL,
    PRIMARY KEY (encoder, field, row)
);
CREATE INDEX vectors_by_row ON vectors (row);
