"""The file .env.example, which is made from the reference of the settings: `python -m tests.support.env_example`."""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = ROOT / ".env.example"
_HEAD = """\
# Every setting, commented out, with its default where it is a plain value. Copy this file to .env and change what you
# need. It is made from docs/reference/settings.md. The files in examples/ have the settings of each brief.
"""


def text() -> str:
    """Return the content of the file."""
    lines = [_HEAD]
    for line in (ROOT / "docs/reference/settings.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            lines.append(f"# --- {line[3:]} ---\n")
        elif line.startswith("| `"):
            first, default, meaning = re.split(r"\s*\|\s*", line.strip("| "), maxsplit=2)
            plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", meaning).replace("`", "")
            lines += textwrap.wrap(plain, 118, initial_indent="# ", subsequent_indent="# ")
            value = re.match(r"`([\w:/.*-]*)`", default)
            lines += [f"#{name}={value[1] if value else ''}" for name in re.findall("`([A-Z0-9_]+)`", first)]
            lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
