CREATE TABLE cases (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    date TEXT NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX cases_by_date ON cases (date DESC, id DESC);

-- One row for each value that a filter can ask for: kind is narrative, language, country, outlet or keyword.
CREATE TABLE case_values (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES cases (row) ON DELETE CASCADE,
    PRIMARY KEY (kind, value, row)
) WITHOUT ROWID;
CREATE INDEX case_values_by_row ON case_values (row);

-- Content hashes and URLs under which a case is the exact answer.
CREATE TABLE case_keys (
    key TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES cases (row) ON DELETE CASCADE,
    PRIMARY KEY (key, row)
) WITHOUT ROWID;
CREATE INDEX case_keys_by_row ON case_keys (row);

CREATE VIRTUAL TABLE case_words USING fts5 (
    title, summary, appearances, tokenize = 'unicode61 remove_diacritics 2'
);

CREATE VIRTUAL TABLE case_vocabulary USING fts5vocab ('case_words', 'row');

CREATE TABLE vectors (
    encoder TEXT NOT NULL,
    field TEXT NOT NULL,
    row INTEGER NOT NULL REFERENCES cases (row) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    PRIMARY KEY (encoder, field, row)
) WITHOUT ROWID;
CREATE INDEX vectors_by_row ON vectors (row);

-- What processes read to keep their vectors in memory in step: every row whose vectors changed or went.
CREATE TABLE vector_changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    row INTEGER NOT NULL
);
