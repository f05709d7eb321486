"""What is PostgreSQL's own: servers that cannot be used, newer schemas, crashes, and approximate search."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from leitmotif.domain import Case, CaseFilter
from leitmotif.errors import ConfigurationError, SchemaTooNew, StoreUnavailable
from leitmotif.store import CaseVectors, Store, open_store
from leitmotif.store.postgres import connection
from tests.postgres import Server, postgres_server
from tests.store.support import ENCODER, case, put, unit, vectors_of

_ALL = CaseFilter()
_BATCH = 300
_WRITER = f"""
import sys
from leitmotif.store import open_store
from tests.store.support import case, vectors_of
store = open_store(sys.argv[1])
print("open", flush=True)
for number in range(10_000):
    cases = [case(f"b{{number}}-{{i}}", title=f"batch{{number}} {{i}}", countries=("UA",)) for i in range({_BATCH})]
    store.put_cases(cases, vectors_of(cases))
    print(number, flush=True)
"""
_OPENER = """
import sys
from leitmotif.store import open_store
from tests.store.support import case, put
print("ready", flush=True)
sys.stdin.readline()
store = open_store(sys.argv[1])
put(store, case(sys.argv[2]))
store.close()
"""


@pytest.fixture(scope="module")
def doomed() -> Iterator[Server]:
    """A server of our own, to be killed."""
    with postgres_server() as server:
        yield server


def spawn(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as direct:
        return direct.execute(statement).fetchall()


def command(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as direct:
        for statement in statements:
            direct.execute(statement)


def as_user(url: str, user: str, password: str = "") -> str:
    """The URL of the same database for another user."""
    parts = conninfo_to_dict(url)
    return f"postgresql://{user}:{password}@/{parts['dbname']}?host={parts['host']}"


# --- opening ---


def test_processes_may_open_a_new_database_at_once(postgres_url: str) -> None:
    openers = [spawn(_OPENER, postgres_url, f"c{number}") for number in range(3)]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == b"ready\n"
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write(b"go\n")
        opener.stdin.flush()
    for opener in openers:
        with opener:
            assert opener.wait(60) == 0
    store = open_store(postgres_url)
    assert [c.id for c in store.iter_cases()] == ["c0", "c1", "c2"]
    store.close()


def test_threads_may_open_a_new_database_at_once(postgres_url: str) -> None:
    def open_and_write(number: int) -> None:
        store = open_store(postgres_url)
        put(store, case(f"c{number}"))
        store.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(open_and_write, range(6)))
    assert query(postgres_url, "SELECT count(*) FROM cases") == [(6,)]


def test_a_newer_schema_is_refused_and_left_alone(postgres_url: str) -> None:
    open_store(postgres_url).close()
    command(postgres_url, "UPDATE store_version SET version = version + 1")
    before = query(postgres_url, "SELECT version FROM store_version")
    with pytest.raises(SchemaTooNew, match="upgrade"):
        open_store(postgres_url)
    assert query(postgres_url, "SELECT version FROM store_version") == before


def test_an_interrupted_first_opening_leaves_no_half_schema(postgres_url: str) -> None:
    command(postgres_url, "CREATE TABLE vectors (x INTEGER)")
    with pytest.raises(StoreUnavailable, match="vectors"):
        open_store(postgres_url)
    tables = query(postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert tables == [("vectors",)]


def test_another_user_may_use_tables_that_exist(postgres_url: str) -> None:
    store = open_store(postgres_url)
    put(store, case("a"))
    store.close()
    command(
        postgres_url,
        "CREATE ROLE reader LOGIN",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reader",
    )
    other = open_store(as_user(postgres_url, "reader"))
    put(other, case("b"))
    assert [c.id for c in other.iter_cases()] == ["a", "b"]
    other.close()
    command(postgres_url, "DROP OWNED BY reader", "DROP ROLE reader")


# --- what cannot be opened, and how to mend it ---


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be opened.*LEITMOTIF_DATABASE_URL"):
        open_store(f"postgresql://user:secret@/cases?host={tmp_path}")
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/cases") as caught:
        open_store("postgresql://user:secret@127.0.0.1:1/cases")
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_exist(postgres: Server) -> None:
    with pytest.raises(StoreUnavailable, match="createdb"):
        open_store(postgres.url("nowhere"))


def test_a_wrong_password(doomed: Server) -> None:
    doomed.require_password("guarded", "right")
    url = doomed.new_database()
    open_store(url).close()
    with pytest.raises(StoreUnavailable, match="Check the user and the password") as caught:
        open_store(as_user(url, "guarded", "hunter2"))
    assert "hunter2" not in str(caught.value)


def test_a_user_without_rights_on_the_tables(postgres_url: str) -> None:
    open_store(postgres_url).close()
    command(postgres_url, "CREATE ROLE stranger LOGIN")
    with pytest.raises(StoreUnavailable, match="permission denied for table"):
        open_store(as_user(postgres_url, "stranger"))
    command(postgres_url, "DROP ROLE stranger")


@pytest.mark.parametrize("url", ["postgresql://a:hunter2@[::1/db", "postgresql://u:hunter2@h/db?colour=red"])
def test_an_address_that_cannot_be_read(url: str) -> None:
    with pytest.raises(ConfigurationError, match="percent-encoded") as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value)


def test_a_server_without_pgvector(postgres: Server, postgres_url: str) -> None:
    name = conninfo_to_dict(postgres_url)["dbname"]
    postgres.execute(f"ALTER DATABASE {name} SET extension_control_path = '/nowhere'")
    with pytest.raises(StoreUnavailable, match="install it there"):
        open_store(postgres_url)


def test_a_user_who_may_not_make_the_extension_or_the_tables(postgres_url: str) -> None:
    command(postgres_url, "CREATE ROLE plain LOGIN")
    with pytest.raises(StoreUnavailable, match="superuser run CREATE EXTENSION vector"):
        open_store(as_user(postgres_url, "plain"))
    command(postgres_url, "CREATE EXTENSION vector")
    with pytest.raises(StoreUnavailable, match="GRANT CREATE ON SCHEMA public"):
        open_store(as_user(postgres_url, "plain"))
    command(postgres_url, "GRANT CREATE ON SCHEMA public TO plain")
    store = open_store(as_user(postgres_url, "plain"))
    put(store, case("a"))
    store.close()
    command(postgres_url, "DROP OWNED BY plain", "DROP ROLE plain")


def test_a_pgvector_that_is_too_old(postgres_url: str) -> None:
    command(postgres_url, "CREATE EXTENSION vector")
    command(postgres_url, "UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
    with pytest.raises(StoreUnavailable, match=r"0\.7\.4.*ALTER EXTENSION"):
        open_store(postgres_url)


def test_a_database_in_another_encoding(postgres: Server) -> None:
    postgres.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreUnavailable, match="createdb -E UTF8"):
        open_store(postgres.url("ascii"))
    postgres.drop_database(postgres.url("ascii"))


# --- in use ---


def test_kill_in_the_middle_of_a_put_leaves_nothing_half_written(postgres_url: str) -> None:
    with spawn(_WRITER, postgres_url) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if line.strip() == b"1":
                break
        time.sleep(0.02)
        writer.send_signal(signal.SIGKILL)
    store = open_store(postgres_url)
    put(store, case("after"))
    total = store.count_cases() - 1
    assert total >= 2 * _BATCH
    assert total % _BATCH == 0
    ukraine = CaseFilter(countries=("UA",))
    assert store.count_cases(ukraine) == total
    for number in range(total // _BATCH):
        assert len(store.search_words(f"batch{number}", ukraine, limit=10**5)) == _BATCH
    assert_counts_are_true(postgres_url)
    store.close()


def assert_counts_are_true(url: str) -> None:
    """What is counted along equals a recount."""
    assert query(url, "SELECT * FROM totals") == query(
        url, "SELECT (SELECT count(*) FROM cases), (SELECT coalesce(sum(frequency), 0) FROM case_words)"
    )
    assert query(url, "SELECT word, cases FROM word_counts WHERE cases != 0 ORDER BY 1") == query(
        url, "SELECT word, count(*) FROM case_words GROUP BY word ORDER BY 1"
    )
    assert query(url, "SELECT count(*) FROM case_words WHERE row NOT IN (SELECT row FROM cases)") == [(0,)]


def test_two_threads_write_and_delete_the_same_cases(postgres_url: str) -> None:
    store = open_store(postgres_url)
    results: list[Counter[str]] = []

    def work(name: str) -> None:
        seen: Counter[str] = Counter()
        for number in range(15):
            cases = [case(f"c{i}", summary=f"{name} {number} shared words") for i in range(number, number + 5)]
            counts = store.put_cases(cases, vectors_of(cases))
            seen += Counter(added=counts.added, deleted=sum(store.delete_case(f"c{i}") for i in range(number)))
        results.append(seen)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = sum(results, Counter())
    assert len(results) == 2
    assert seen["added"] - seen["deleted"] == store.count_cases() == len(list(store.iter_cases()))
    assert_counts_are_true(postgres_url)
    store.close()


def test_a_dead_server_is_unavailable_and_then_comes_back(doomed: Server) -> None:
    store = open_store(doomed.new_database())
    put(store, case("a", title="The moon"), case("b"))
    doomed.kill()
    calls = (store.check, lambda: store.search_words("moon", _ALL, limit=5), lambda: put(store, case("c")))
    for call in calls:
        with pytest.raises(StoreUnavailable, match=r"that the server runs|does not work"):
            call()
    doomed.start()
    deadline = time.monotonic() + 30
    while not answers(store):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    put(store, case("c"))
    assert [c.id for c in store.iter_cases()] == ["a", "b", "c"]
    assert [hit.case_id for hit in store.search_words("moon", _ALL, limit=5)] == ["a"]
    store.close()


def answers(store: Store) -> bool:
    try:
        store.check()
    except StoreUnavailable:
        return False
    return True


def test_a_restart_between_two_calls_goes_unnoticed(doomed: Server) -> None:
    store = open_store(doomed.new_database())
    put(store, case("a"))
    doomed.kill()
    doomed.start()
    assert store.get_case("a") == case("a")
    put(store, case("b"))
    store.close()


def test_more_callers_than_connections(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(postgres_url, connections=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(store, case(f"c{number}")), range(24)))
    assert store.count_cases() == 24
    monkeypatch.setattr(connection, "_WAIT_SECONDS", 0.1)
    read = store._database.read  # type: ignore[attr-defined]
    with read(), read(), pytest.raises(StoreUnavailable, match="LEITMOTIF_DATABASE_CONNECTIONS"):
        store.check()
    store.check()
    store.close()


def test_the_address_may_say_how_to_connect(postgres_url: str) -> None:
    store = open_store(postgres_url + "&application_name=newsroom&options=-c%20work_mem%3D8MB")
    put(store, case("a"))
    sessions = query(postgres_url, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'newsroom'")
    assert sessions == [(1,)]
    store.close()


def test_tables_in_a_schema_of_their_own(postgres_url: str) -> None:
    command(postgres_url, "CREATE EXTENSION vector", "CREATE SCHEMA newsroom")
    url = postgres_url + "&options=-c%20search_path%3Dnewsroom,public"
    store = open_store(url, exact_search_up_to=1)
    put(store, case("a", title="The moon"), case("b"))
    assert [hit.case_id for hit in store.search_words("moon", _ALL, limit=5)] == ["a"]
    assert len(store.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5)) == 2
    store.close()
    assert query(postgres_url, "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('cases', 'vectors')") == [
        ("newsroom",)
    ]


# --- many vectors ---

_MANY = 3_000


@pytest.fixture(scope="module")
def many_url(postgres: Server) -> Iterator[str]:
    """A database of 3,000 cases in 60 clusters, a tenth of them Lithuanian, twenty of them in one far corner."""
    url = postgres.new_database()
    store = open_store(url, exact_search_up_to=200)
    store.put_cases(*many_cases())
    store.close()
    yield url
    postgres.drop_database(url)


def many_cases() -> tuple[list[Case], list[CaseVectors]]:
    random = np.random.default_rng(5)
    centres = random.standard_normal((60, 24))
    matrix = centres[random.integers(0, 60, _MANY)] + 0.5 * random.standard_normal((_MANY, 24))
    matrix[:250] = -centres[0] + 0.1 * random.standard_normal((250, 24))
    matrix = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    cases = [
        case(f"c{i:04}", countries=("LT",) if i % 2 else ("LV",), languages=("lt",) if i < 250 else ("en",))
        for i in range(_MANY)
    ]
    return cases, [CaseVectors("many@24", {"title": vector, "claim": vector}) for vector in matrix]


def matrix_of(vectors: list[CaseVectors]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.stack([vector.fields["title"] for vector in vectors])


def test_an_index_for_each_encoder_and_field_that_has_become_large(many_url: str) -> None:
    store = open_store(many_url, exact_search_up_to=200)
    put(store, case("small"))
    found = query(many_url, "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%hnsw%' ORDER BY 1")
    assert len(found) == 2
    assert all("halfvec(24)" in str(row[0]) and "many@24" in str(row[0]) for row in found)
    assert [hit.case_id for hit in store.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5)] == ["small"]
    store.delete_case("small")
    store.close()


def test_approximate_search_finds_nearly_all_and_scores_exactly(many_url: str) -> None:
    store, (cases, vectors) = open_store(many_url, exact_search_up_to=200), many_cases()
    matrix = matrix_of(vectors)
    found = 0
    for query_vector in matrix[300::100]:
        cosines = matrix @ query_vector
        hits = store.search_vectors(query_vector, "many@24", "title", _ALL, limit=10)
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
        assert [h.score for h in hits] == pytest.approx([cosines[int(h.case_id[1:])] for h in hits], abs=1e-6)
        found += len({h.case_id for h in hits} & {cases[i].id for i in np.argsort(-cosines)[:10]})
    assert found >= 0.95 * 10 * 27
    store.close()


@pytest.mark.parametrize("limit", [1, 40, 240, 1_400, 5_000])
@pytest.mark.parametrize("where", [CaseFilter(countries=("LT",)), CaseFilter(languages=("lt",)), _ALL])
def test_a_filter_never_makes_an_approximate_search_come_short(many_url: str, where: CaseFilter, limit: int) -> None:
    store, (_, vectors) = open_store(many_url, exact_search_up_to=200), many_cases()
    # The query is opposite to the far corner where the 250 Lithuanian-language cases are.
    farthest = -vectors[0].fields["claim"]
    hits = store.search_vectors(farthest, "many@24", "claim", where, limit=limit)
    assert len(hits) == min(limit, store.count_cases(where))
    assert len({hit.case_id for hit in hits}) == len(hits)
    store.close()


def test_the_setting_makes_every_search_exact(many_url: str) -> None:
    store, (cases, vectors) = open_store(many_url, exact_search_up_to=10**9), many_cases()
    matrix = matrix_of(vectors)
    for query_vector in matrix[7::500]:
        best = np.argsort(-(matrix @ query_vector), kind="stable")[:30]
        hits = store.search_vectors(query_vector, "many@24", "title", _ALL, limit=30)
        assert [hit.case_id for hit in hits] == [cases[i].id for i in best]
    store.close()


def test_an_encoder_too_wide_for_an_index(postgres_url: str) -> None:
    store = open_store(postgres_url, exact_search_up_to=3)
    cases = [case(f"c{i}") for i in range(8)]
    wide = np.eye(8, 5_000, dtype=np.float32)
    store.put_cases(cases, [CaseVectors("wide@5000", {"title": vector}) for vector in wide])
    assert store.search_vectors(wide[4], "wide@5000", "title", _ALL, limit=1)[0].case_id == "c4"
    assert np.array_equal(store.get_vectors(["c4"], "wide@5000")["c4"]["title"], wide[4])
    store.close()
