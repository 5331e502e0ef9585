"""`make reference`: writes the files that do not have the content that follows from the code, and names them."""

from scripts.reference import ROOT, files

for path, content in files().items():
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != content:
        path.write_text(content, "utf-8")
        print(path.relative_to(ROOT))
