"""Round amounts and even days for a chart's axes."""

from collections.abc import Sequence
from math import ceil, floor, log10

from cli.support.money import Money


def nice_levels(lowest: float, highest: float) -> list[float]:
    """Return two to seven evenly spaced round numbers with the amounts between the first and the last."""
    spread = highest - lowest or max(abs(highest), 1.0) / 10
    magnitude = 10.0 ** floor(log10(spread / 4))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= spread / 4)
    first, last = floor(lowest / step), ceil(highest / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def level_labels(levels: Sequence[float], currency: str, money: Money) -> list[str]:
    """Return how the levels are written: without decimals when none is needed."""
    decimals = 0 if all(level.is_integer() for level in levels) else 2
    return [money.rounded(level, currency, decimals) for level in levels]


def axis_days(first: int, last: int, most: int) -> list[int]:
    """Return at most so many days, about evenly spaced, the first and the last among them; days are ordinals."""
    steps = max(1, min(most - 1, last - first))
    return sorted({first + round(number * (last - first) / steps) for number in range(steps + 1)})
