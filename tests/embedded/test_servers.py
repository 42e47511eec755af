"""Servers start for whoever comes, keep the data, and end with the last who leaves."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from exchange import embedded
from tests.embedded.clones import Clone, eventually, kill


def test_data_is_kept_between_runs_and_nothing_runs_in_between(clone: Clone) -> None:
    assert clone.sql("CREATE TABLE kept AS SELECT 42 AS answer") == "done"
    assert clone.embedded("stop") == "Stopped; the data is kept.\n"
    assert clone.processes() == []
    assert clone.sql("SELECT answer FROM kept") == "42"


def test_killing_the_last_user_leaves_nothing_behind(clone: Clone) -> None:
    user = clone.hold()
    assert len(clone.processes()) >= 3
    kill(user)
    assert eventually(lambda: clone.processes() == [])
    assert clone.sql("SELECT 1") == "1"


def test_servers_stay_while_anybody_uses_them(clone: Clone) -> None:
    first, second = clone.hold(), clone.hold()
    keeper = clone.keeper
    kill(first)
    assert "still in use" in clone.embedded("stop")
    assert "in use    yes" in clone.embedded("status")
    assert clone.keeper == keeper
    assert clone.sql("SELECT 1") == "1"
    kill(second)


def test_a_server_that_could_lose_a_commit_is_refused(clone: Clone) -> None:
    clone.sql("ALTER SYSTEM SET fsync = off")
    clone.embedded("stop")
    refusal = clone.sql("SELECT 1")
    assert "PostgreSQL runs with fsync off" in refusal
    assert eventually(lambda: clone.processes() == [])
    (clone.var / "postgres" / "postgresql.auto.conf").write_text("")
    assert clone.sql("SHOW fsync") == "on"


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_each_durability_setting_is_guarded(name: str) -> None:
    safe = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    embedded.refuse_unsafe(safe)
    with pytest.raises(embedded.UnsafeDurabilityError, match=name):
        embedded.refuse_unsafe(safe | {name: "off"})
    with pytest.raises(embedded.UnsafeDurabilityError, match=name):
        embedded.refuse_unsafe({k: v for k, v in safe.items() if k != name})


def test_given_servers_are_used_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/fairbook")
    monkeypatch.setenv("REDIS_URL", "")
    assert embedded.wanted() == ["redis"]
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    assert embedded.wanted() == []


def test_addresses_need_no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAIRBOOK_VAR", str(tmp_path / "never, made"))
    urls = embedded.urls()
    assert urls == embedded.urls()
    assert urls.database_url.startswith("postgresql://fairbook@/fairbook?host=%2F")
    assert urls.redis_url.startswith("unix:///")
    assert not (tmp_path / "never, made").exists()


@pytest.mark.slow
def test_a_killed_keeper_takes_its_servers_along_and_the_next_start_works(
    clone: Clone,
) -> None:
    for _ in range(3):
        user = clone.hold()
        os.kill(clone.keeper, signal.SIGKILL)
        assert clone.sql("SELECT 1") == "1", "at once, while the old servers still end"
        kill(user)
    assert eventually(lambda: clone.processes() == [])


@pytest.mark.slow
def test_a_killed_postmaster_is_started_again(clone: Clone) -> None:
    user = clone.hold()
    assert clone.sql("CREATE TABLE kept AS SELECT 42 AS answer") == "done"
    killed = clone.postmaster
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: "postgres died" in (clone.var / "log/keeper.log").read_text())
    assert clone.sql("SELECT answer FROM kept") == "42"
    assert clone.postmaster != killed
    kill(user)


@pytest.mark.slow
def test_everything_killed_at_once_starts_again(clone: Clone) -> None:
    user = clone.hold()
    assert clone.sql("CREATE TABLE kept AS SELECT 42 AS answer") == "done"
    for pid in (clone.keeper, clone.postmaster, user.pid):
        os.kill(pid, signal.SIGKILL)
    user.communicate()
    assert clone.sql("SELECT answer FROM kept") == "42"


@pytest.mark.slow
def test_a_lock_file_that_names_a_stranger_does_not_block(clone: Clone) -> None:
    """As after a power cut, when the recorded process id is somebody else's."""
    assert clone.sql("SELECT 1") == "1"
    clone.embedded("stop")
    stranger = subprocess.Popen(["sleep", "60"])
    data = (clone.var / "postgres").resolve()
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n5432\n\n\n0 0\n")
    assert clone.sql("SELECT 1") == "1"
    assert stranger.poll() is None
    kill(stranger)


@pytest.mark.slow
def test_an_interrupted_first_start_is_begun_afresh(clone: Clone) -> None:
    half_made = clone.var / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    assert clone.sql("SELECT 1") == "1"


@pytest.mark.slow
def test_many_users_at_once_share_one_keeper(clone: Clone) -> None:
    users = [
        clone.python("from exchange import embedded; embedded.hold()") for _ in range(8)
    ]
    assert [user.communicate(timeout=60)[0] for user in users] == [""] * 8
    log = (clone.var / "log/keeper.log").read_text()
    assert log.count("postgres answers") == 1
