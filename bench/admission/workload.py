"""The cases: 300 curves of memory over time, the same for every policy, and the least time that they can take."""
import random
from dataclasses import dataclass
from pathlib import Path

FAMILIES = 12


@dataclass(frozen=True)
class Case:
    name: str
    curve: tuple  # (milliseconds, kilobytes), times rising

    @property
    def seconds(self):
        return self.curve[-1][0] / 1000

    @property
    def peak(self):
        """Bytes."""
        return max(kilobytes for _, kilobytes in self.curve) * 1024

    @property
    def area(self):
        """Bytes times seconds."""
        pairs = zip(self.curve, self.curve[1:])
        return sum((after[0] - before[0]) / 1000 * (after[1] + before[1]) / 2 * 1024 for before, after in pairs)


def make(count, seed, capacity):
    """Families of cases, as directories of results are: log-normal sizes around each family's own, a heavy tail up to six
    tenths of the capacity, a rise to the peak at 35 to 95 % of the time."""
    dice = random.Random(seed)
    sizes = [dice.lognormvariate(0, 0.7) for _ in range(FAMILIES)]
    cases = []
    for number in range(count):
        family = number % FAMILIES
        peak = 0.046 * capacity * sizes[family] * dice.lognormvariate(0, 0.45)
        if dice.random() < 0.03:
            peak = capacity * dice.uniform(0.25, 0.6)
        peak = int(min(peak, 0.6 * capacity)) // 1024
        seconds = min(8.0, 1.05 * dice.lognormvariate(0, 0.6) * (0.7 + 0.3 * sizes[family]))
        top = dice.uniform(0.35, 0.95)
        at = lambda share: int(1000 * seconds * share)
        curve = ((0, peak // 20), (at(top), peak), (at(1), int(peak * dice.uniform(0.7, 1))))
        cases.append(Case(f"family{family:02d}/case{number:03d}", curve))
    return cases


def write(cases, directory):
    """One file a case; its text is its curve."""
    for case in cases:
        path = Path(directory, case.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{ms} {kilobytes}\n" for ms, kilobytes in case.curve))


def lower_bound(cases, workers, capacity):
    """No policy is faster: all work on all workers, all memory in all the time, the longest case. Seconds, and which."""
    bounds = {
        "work": sum(case.seconds for case in cases) / workers,
        "memory": sum(case.area for case in cases) / capacity,
        "the longest case": max(case.seconds for case in cases),
    }
    which = max(bounds, key=bounds.get)
    return bounds[which], which
