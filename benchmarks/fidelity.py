"""Fidelity: whether every listen is shown exactly once, whoever reported it.

    python benchmarks/fidelity.py [--seeds 1,2,3] [--users 50] [--days 30] [--compare] [--json] [--players 3000]

What the numbers are: months of made-up people (`simulator.py`) go through the same pure functions that the server
uses for every report, `domain.names` and `domain.twins`. Per seed and in sum it prints

    recall     listens that own a play, of the listens that any source reported
    precision  listens that own a play, of the plays shown
    start      plays shown within 60 s of the listen's true start

A play belongs to the listen that most of its reports tell of. What the numbers are not: a promise. How often sources
err is guessed, and simulator and rule share one table of what sources stamp, which flatters the rule. Three kinds of
source are wrong or ambiguous on purpose. They are for comparing rules, and for noticing that a change made one worse.

With `--players` evenings with players of many habits (`players.py`) go through `domain.sessions` instead, and it prints
for each habit in how many of them every true listen was one play, and heard for as long as it was.

Exit status 1 when the sum is below 99.2 % recall, 98.9 % precision or 96 % start.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path[0] = str(
        Path(__file__).resolve().parent.parent
    )  # the checkout, not this folder, which has a statistics.py

from benchmarks import players
from benchmarks.simulator import Told, World, simulate
from goscrobble.domain import names, twins

LEAST_RECALL, LEAST_PRECISION, LEAST_START = 0.992, 0.989, 0.96
NEAR = 60  # seconds


class Play(NamedTuple):
    """A play as a rule shows it: its start and the numbers of its reports (places in `World.reports`)."""

    start: int
    reports: list[int]


Rule = Callable[[list[twins.Report]], Iterator[Play]]  # one person's reports in order of arrival → plays


@dataclass(frozen=True, slots=True)
class Score:
    """Counts; they add up over seeds."""

    listens: int = 0  # reported by anybody
    found: int = 0  # of these, how many own a play
    shown: int = 0
    near: int = 0  # plays within NEAR of the truth

    def __add__(self, other: Score) -> Score:
        return Score(
            self.listens + other.listens, self.found + other.found, self.shown + other.shown, self.near + other.near
        )

    @property
    def recall(self) -> float:
        """Share of the reported listens that own a play."""
        return self.found / self.listens

    @property
    def precision(self) -> float:
        """Share of the shown plays that are a listen of their own."""
        return self.found / self.shown

    @property
    def start(self) -> float:
        """Share of the shown plays that begin when the listen did."""
        return self.near / self.shown

    @property
    def lost(self) -> int:
        """Listens that own no play."""
        return self.listens - self.found

    @property
    def doubled(self) -> int:
        """Plays that are no listen of their own."""
        return self.shown - self.found

    def good_enough(self) -> bool:
        """Return whether the floors hold."""
        return self.recall >= LEAST_RECALL and self.precision >= LEAST_PRECISION and self.start >= LEAST_START


# ---- the rules ----


def settled(reports: list[twins.Report]) -> Iterator[Play]:
    """Group by the server's rule."""
    for component in twins.components(reports):
        for group in twins.settle(component):
            yield Play(group.start, [report.told for report in group.reports])


def within(seconds: Callable[[twins.Report], float], *, one_per_voice: bool = True) -> Rule:
    """Return a usual rule: as they come, reports join the nearest play of their names that is no further away."""

    def rule(reports: list[twins.Report]) -> Iterator[Play]:
        plays: dict[str, list[list[twins.Report]]] = defaultdict(list)
        for report in reports:
            near = [
                (abs(play[0].told_at - report.told_at), i)
                for i, play in enumerate(plays[report.title_key])
                if abs(play[0].told_at - report.told_at) <= seconds(report)
                and not play[0].artists.isdisjoint(report.artists)
                and not (one_per_voice and any(_differs(report, other) for other in play))
            ]
            if near:
                plays[report.title_key][min(near)[1]].append(report)
            else:
                plays[report.title_key].append([report])
        for play in (play for same_title in plays.values() for play in same_title):
            yield Play(play[0].told_at, [report.told for report in play])

    return rule


def _differs(report: twins.Report, other: twins.Report) -> bool:
    return report.voice == other.voice and (report.told_at, report.nth) != (other.told_at, other.nth)


RULES: dict[str, Rule] = {
    "settled": settled,
    "same second": within(lambda _report: 0, one_per_voice=False),
    "within 30 s": within(lambda _report: 30),
    "within 120 s": within(lambda _report: 120),
    "within one length": within(lambda report: (report.duration or twins.UNKNOWN_LIKELY) + 10),
}


# ---- measuring ----


def measure(world: World, rule: Rule = settled) -> Score:
    """Return how well a rule recovers what really happened."""
    reports = world.reports
    arrived = sorted(range(len(reports)), key=lambda i: (reports[i].user, reports[i].arrives, i))
    owners: Counter[int] = Counter()
    shown = near = 0
    for _user, places in groupby(arrived, key=lambda i: reports[i].user):
        for play in rule([as_report(reports[i], i) for i in places]):
            owner = _owner(reports[i].truth for i in play.reports)
            owners[owner] += 1
            shown += 1
            near += abs(play.start - world.listens[owner].start) <= NEAR
    return Score(len({report.truth for report in reports}), len(owners), shown, near)


def as_report(told: Told, number: int) -> twins.Report:
    """Return what the server would match by; `number` is kept as the row of names as told."""
    return twins.Report(
        told_at=told.told_at,
        voice=told.voice,
        stamp=told.stamp,
        title_key=names.title_key(told.title),
        artists=names.artist_keys(told.title, told.artists),
        duration=told.duration,
        listened=told.listened,
        origin=told.origin,
        nth=told.nth,
        title=told.title,
        told=number,
    )


def _owner(truths: Iterable[int]) -> int:
    votes = Counter(truths)
    return max(sorted(votes), key=lambda listen: votes[listen])


# ---- players ----


def _habits(evenings: int) -> str:
    """Return a table: what became of evenings with each kind of player."""
    counted: dict[str, Counter[str]] = {habit.name: Counter() for habit in players.HABITS}
    for found in map(players.evening, range(evenings)):
        if all(listen.is_clear for listen in found.listens):
            counted[found.habit.name][players.fault_of(found) or "right"] += 1
    width = max(map(len, counted))
    lines = [f"{'player':{width}} evenings  right  plays wrong  listened off  start off"]
    for name, results in counted.items():
        wrong = results["plays"], results["listened"], results["start"]
        lines.append(
            f"{name:{width}} {results.total():8} {results['right']:6} {wrong[0]:12} {wrong[1]:13} {wrong[2]:10}"
        )
    return "\n".join(lines)


# ---- printing ----


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    if options.players:
        print(_habits(options.players))
        return 0
    began = time.monotonic()
    rules = RULES if options.compare else {"settled": settled}
    scores: dict[str, dict[str, Score]] = {rule: {} for rule in rules}
    for seed in options.seeds:
        world = simulate(seed, users=options.users, days=options.days)
        for name, rule in rules.items():
            scores[name][str(seed)] = measure(world, rule)
    for by_seed in scores.values():
        by_seed["all"] = sum(by_seed.values(), Score())
    took = time.monotonic() - began
    print(_as_json(scores, took) if options.json else _as_table(scores, took))
    return 0 if scores["settled"]["all"].good_enough() else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Is every listen shown exactly once? Measured on made-up months.")
    parser.add_argument("--seeds", type=_seeds, default=[1, 2, 3], metavar="1,2,3", help="months to make up")
    parser.add_argument("--users", type=_positive, default=50, help="people in each (default 50)")
    parser.add_argument("--days", type=_positive, default=30, help="days of each (default 30)")
    parser.add_argument("--compare", action="store_true", help="also measure the usual, simpler rules")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--players", type=int, default=0, metavar="N", help="evenings with players instead of months")
    return parser.parse_args(arguments)


def _seeds(text: str) -> list[int]:
    return [int(seed) for seed in text.split(",")]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _as_table(scores: dict[str, dict[str, Score]], took: float) -> str:
    lines = [
        f"{'rule':<18}{'seed':>6}{'listens':>9}{'shown':>9}{'lost':>8}{'doubled':>9}{'recall':>9}{'precision':>11}{'start':>8}"
    ]
    lines += [
        f"{rule:<18}{seed:>6}{score.listens:>9}{score.shown:>9}{score.lost:>8}{score.doubled:>9}"
        f"{score.recall:>9.2%}{score.precision:>11.2%}{score.start:>8.2%}"
        for rule, by_seed in scores.items()
        for seed, score in by_seed.items()
    ]
    return "\n".join([*lines, f"{took:.1f} s"])


def _as_json(scores: dict[str, dict[str, Score]], took: float) -> str:
    rules = {
        rule: {
            seed: {
                "listens": score.listens,
                "shown": score.shown,
                "lost": score.lost,
                "doubled": score.doubled,
                "recall": round(score.recall, 5),
                "precision": round(score.precision, 5),
                "start": round(score.start, 5),
            }
            for seed, score in by_seed.items()
        }
        for rule, by_seed in scores.items()
    }
    return json.dumps({"rules": rules, "seconds": round(took, 1)}, indent=2)


if __name__ == "__main__":
    sys.exit(main())
