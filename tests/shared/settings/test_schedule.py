"""The schedule on which the host runs the function."""

import pytest

from shared.settings.schedule import read_schedule
from tests.support.samples import wrong_of


@pytest.mark.parametrize(
    "text",
    [
        *("0 17 * * * *", "0 17 6-22/4 * * *", "*/15 0,30 0-23 1-31 Jan-DEC Mon-Fri", "59 59 23 31 12 6"),
        *("0  0\t5 1,15 feb,aug sun", "5/10 0 0 1 January Wednesday", "0 0 6 29,31 2 *", "0 0 6 31 2,3 *"),
    ],
)
def test_a_schedule_that_the_host_runs_on_time_is_accepted(text: str) -> None:
    """Numbers, names, lists, ranges and steps."""
    assert all(read_schedule(text))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("17 * * * *", "has 5 fields instead of six"),
        ("01:00:00", "has 1 field instead of six"),
        ("%SNAPSHOT_SCHEDULE%", "has 1 field instead of six"),
        ("0 17 * * * * 2026", "has 7 fields instead of six"),
        ("60 0 0 1 1 0", "has an invalid field 1, the second (0 to 59)"),
        ("0 17 24 * * *", "has an invalid field 3, the hour (0 to 23)"),
        (
            "0 0 0 * 13 7",
            "has an invalid field 5, the month (1 to 12) and an invalid field 6, the day of the week (0 to 6)",
        ),
        ("0 0 0 * Mon *", "has an invalid field 5, the month (1 to 12)"),
        *(
            (text, "has an invalid field 2, the minute (0 to 59)")
            for text in ("0 */0 * * * *", "0 */00 * * * *", "0 1, * * * *")
        ),
        *((text, "has an invalid field 2, the minute (0 to 59)") for text in ("0 *-5 * * * *", "0 -1 0 * * *")),
        *((text, "has an invalid field 3, the hour (0 to 23)") for text in ("0 0 22-6 * * *", "0 0 20-24 * * *")),
        ("0 0 6 * * FRI-MON", "has an invalid field 6, the day of the week (0 to 6)"),
        ("0 0 6 * * mo", "has an invalid field 6, the day of the week (0 to 6)"),
        ("0 0 6 ? * *", "has an invalid field 4, the day of the month (1 to 31)"),
        ("0 0 6 L * *", "has an invalid field 4, the day of the month (1 to 31)"),
        ("0 0 6 * * MON#1", "has an invalid field 6, the day of the week (0 to 6)"),
        ("0 0 6 31 4,6 *", "never fires: none of its months has a day 31"),
        ("0 0 6 30,31 FEB *", "never fires: none of its months has a day 30"),
    ],
)
def test_a_schedule_that_the_host_runs_late_or_never_is_refused(text: str, wrong: str) -> None:
    """With the number of fields, or the field and its range; the host does not resolve a placeholder inside a setting."""
    assert wrong_of(read_schedule, text) == (wrong, None)


def test_the_values_of_fields() -> None:
    """`check` computes the next runs from them."""
    values = [[0], [5, 25, 45], [6, 7, 8], [1, 16, 31], [2, 3, 4], [0, 2]]
    assert read_schedule("0 5/20 6-8 */15 feb-apr sun,Tuesday") == values
