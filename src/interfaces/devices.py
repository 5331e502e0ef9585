"""Describes the device of a session by its user agent."""

import re

_BROWSERS = (
    ("Edge", "Edg(?:e|A|iOS)?"),
    ("Opera", "OPR"),
    ("Samsung Internet", "SamsungBrowser"),
    ("Firefox", "(?:Firefox|FxiOS)"),
    ("Chrome", "(?:Chrome|CriOS)"),
    ("Safari", r"Version/(\d+)\S* (?:Mobile/\S+ )?Safari"),
)
"""Names of browsers and patterns of user agents. The first one that matches counts, since most name others too."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iOS", "iPhone|iPad"),
    ("Windows", "Windows"),
    ("macOS", "Macintosh"),
    ("ChromeOS", "CrOS"),
    ("Linux", "Linux"),
)
_PHONES = ("Android", "iOS")


def device(user_agent: str | None) -> tuple[str, str]:
    """Return the icon and the name of a device, such as "laptop" and "Firefox 128 · Linux".

    The name of a program other than a browser is the first word of its user agent. Without a user agent it is empty.
    """
    agent = user_agent or ""
    system = next((name for name, pattern in _SYSTEMS if re.search(pattern, agent)), None)
    for name, pattern in _BROWSERS:
        if found := re.search(pattern if "(\\d" in pattern else rf"{pattern}/(\d+)", agent):
            shown = f"{name} {found[1]}"
            return "phone" if system in _PHONES else "laptop", f"{shown} · {system}" if system else shown
    return "terminal", agent.partition("/")[0].partition(" ")[0][:40]
