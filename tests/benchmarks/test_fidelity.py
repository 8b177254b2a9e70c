"""The command that measures fidelity."""

import json

import pytest

from benchmarks.fidelity import Score, main


def test_it_prints_a_table_and_tells_by_its_status_that_the_floors_hold(capsys):
    status = main(["--seeds", "4", "--users", "3", "--days", "5"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["rule", "seed", "listens"]
    assert [line.split()[:2] for line in lines[1:3]] == [["settled", "4"], ["settled", "all"]]
    assert status in {0, 1}


def test_it_prints_json_with_every_rule_when_comparing(capsys):
    main(["--seeds", "4,5", "--users", "2", "--days", "3", "--json", "--compare"])
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert {"settled", "same second", "within 30 s", "within 120 s", "within one length"} == set(rules)
    assert list(rules["settled"]) == ["4", "5", "all"]
    assert rules["settled"]["all"]["precision"] > rules["same second"]["all"]["precision"]


@pytest.mark.parametrize("wrong", [["--seeds", "x"], ["--users", "0"], ["--days", "-1"], ["--nope"]])
def test_wrong_usage_ends_with_status_2(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert (ended.value.code, "usage:" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize(
    ("score", "good"),
    [
        (Score(1000, 992, 1000, 970), True),
        (Score(1000, 991, 1000, 970), False),
        (Score(1000, 1000, 1012, 1000), False),
        (Score(1000, 1000, 1000, 959), False),
    ],
)
def test_each_floor_counts(score, good):
    assert good is score.good_enough()


def test_it_tells_of_evenings_with_players_of_many_habits(capsys):
    assert main(["--players", "120"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["player", "evenings", "right"]
    assert any(line.startswith("Feishin ") for line in lines)
    rows = [line.rsplit(None, 5) for line in lines[1:]]
    assert all(
        int(right) + int(plays) + int(off) + int(start) == int(total) for _, total, right, plays, off, start in rows
    )
