"""The file .env.example."""

import re
import textwrap
from itertools import groupby

from scripts.reference.settings import settings

_HEAD = """\
# Every setting, commented out, with its default where it is a plain value. Copy this file to .env and change what you
# need. It is made from the settings in src/settings/fields.py. The files in examples/ have the settings of each brief.
"""


def text() -> str:
    """Return the content of the file. The hosts of emulators are left out, because .env is no place for them."""
    lines = [_HEAD]
    for group, members in groupby(settings(), key=lambda each: each.group):
        if group == "Emulators":
            continue
        lines.append(f"# --- {group} ---\n")
        for each in members:
            plain = " ".join(each.meaning.replace("``", "").split())
            lines += textwrap.wrap(plain, 118, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
            value = re.match(r"``([\w:/.*-]*)``", each.default)
            lines += [f"#{each.name}={value[1] if value else ''}", ""]
    return "\n".join(lines)
