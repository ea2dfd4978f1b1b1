"""HTML as nested calls; every text is escaped, and only what this module made is taken as markup."""

from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(_name: str, /, *children: str, **attributes: str) -> Markup:
    """Return an element; a trailing underscore of an attribute's name (`class_`) is left out."""
    given = "".join(f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    inside = "".join(child if isinstance(child, Markup) else escape(child) for child in children)
    return Markup(f"<{_name}{given}>{inside}</{_name}>" if children else f"<{_name}{given}>")


def table(headings: "list[str]", rows: "list[list[str]]", numbers: "set[int]") -> Markup:
    """Return a table; the columns in `numbers` are aligned to the right."""

    def line(kind: str, cells: "list[str]") -> Markup:
        return tag("tr", *(tag(kind, cell, class_=_kind(cell, number=at in numbers)) for at, cell in enumerate(cells)))

    body = tag("tbody", *(line("td", row) for row in rows), "")
    return tag("div", tag("table", tag("thead", line("th", headings)), body), class_="wide")


def _kind(cell: str, *, number: bool) -> str:
    """Return the class of a cell: a number, a day that must not break at its hyphens, or text."""
    if number:
        return "n"
    return "day" if cell.replace("-", "").isdigit() else "text"
