"""Formats times for people."""

from datetime import UTC, datetime, timedelta

from markupsafe import Markup


def shown_time(time: datetime, language: str, *, whole_day: bool = False) -> Markup:
    """Return a time as HTML: relative to now for a day, then as a date. The exact time is its title.

    A ``whole_day`` is shown as a date.
    """
    from babel.dates import format_date, format_timedelta  # only pages need babel

    age = time - datetime.now(UTC)
    is_near = abs(age) < timedelta(days=1) and not whole_day
    shown = format_timedelta(age, add_direction=True, locale=language) if is_near else None
    date = format_date(time, "d MMM y", locale=language)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{time:%Y-%m-%dT%H:%M:%SZ}", f"{date}, {time:%H:%M} UTC", shown or date
    )
