#!/bin/sh
# Guess:   the cursor of Textual's DataTable, whose rows have keys, stays on its row when the table is sorted or a row
#          above it is removed; or RowHighlighted tells that another row is under it now.
# Truth:   it stays at its index, so another row is under it, and no RowHighlighted is sent. Enter selects that one.
# Version: textual 8.2.8.
# Source:  textual/widgets/_data_table.py: `sort` gives the rows other places, and `remove_row` too; neither moves
#          `cursor_coordinate`, and only a new coordinate sends RowHighlighted.
# Matters: in a live list of trainings that is sorted by accuracy, or that loses one, the next key opens, stops or
#          deletes another training than the chosen one, and a pane that follows RowHighlighted still shows the old
#          one. `move_cursor(row=table.get_row_index(key))` after each change mends it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet textual==8.2.8
"$work/venv/bin/python" - <<'PYTHON'
import asyncio
from importlib.metadata import version

from textual.app import App, ComposeResult
from textual.widgets import DataTable

print("textual", version("textual"))


class Table(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str | None] = []
        self.selected: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self.told.append(event.row_key.value)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self.selected.append(event.row_key.value)


async def main() -> None:
    app = Table()
    async with app.run_test() as pilot:
        table = app.query_one(DataTable)
        table.add_column("accuracy", key="accuracy")
        for name, accuracy in (("a", 0.7), ("b", 0.9), ("c", 0.8), ("d", 0.6)):
            table.add_row(accuracy, key=name)
        table.move_cursor(row=1)
        await pilot.pause()
        await pilot.press("enter")
        assert app.told[-1] == "b" and app.selected == ["b"]
        app.told.clear()
        table.sort("accuracy")  # d, a, c, b
        await pilot.pause()
        await pilot.press("enter")
        print(f"b chosen, the table sorted: Enter selects {app.selected[-1]}; told: {app.told}")
        assert app.selected[-1] == "a" and app.told == []
        table.remove_row("d")  # a, c, b
        await pilot.pause()
        await pilot.press("enter")
        print(f"a chosen, the row above removed: Enter selects {app.selected[-1]}; told: {app.told}")
        assert app.selected[-1] == "c" and app.told == []


asyncio.run(main())
PYTHON
