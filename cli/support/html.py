"""HTML as nested calls; every text is escaped, and only what this module made is taken as markup."""

from html import escape

from cli.support.text_table import TextTable


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(_name: str, /, *children: str, **attributes: str) -> Markup:
    """Return an element; a trailing underscore of an attribute's name (`class_`) is left out."""
    given = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    inside = "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(f"<{_name}{given}>{inside}</{_name}>" if children else f"<{_name}{given}>")


def table(text: TextTable) -> Markup:
    """Return a table; amounts are aligned to the right, and a day does not break at its hyphens."""

    def line(kind: str, row: tuple[str, ...]) -> Markup:
        cells = zip(text.headings, row, strict=True)
        return tag("tr", *(tag(kind, cell, class_=style(name, cell)) for name, cell in cells))

    def style(name: str, cell: str) -> str:
        return "n" if name in text.right else "day" if cell.replace("-", "").isdigit() else "text"

    body = tag("tbody", *(line("td", row) for row in text.rows), "")
    return tag("div", tag("table", tag("thead", line("th", text.headings)), body), class_="wide")
