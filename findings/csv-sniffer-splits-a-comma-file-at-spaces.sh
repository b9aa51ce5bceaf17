#!/bin/sh
# Guess:   csv.Sniffer finds the comma of a table with 300 rows such as `12.jpg,cat`.
# Truth:   one cell in quotes decides for the whole file. With a row such as `300.jpg,"the ""big"" cat, red"` the
#          sniffer says that columns are parted by spaces, and each of the other 300 rows becomes one cell. It looks
#          at quoted cells first, takes the sign beside a quote for the delimiter, and counts no other rows.
#          A bar is not found either where each row has one comma: `a.jpg|cat|1,2` is split at the comma.
# Version: Python 3.11.7.
# Source:  Lib/csv.py, `Sniffer._guess_quote_and_delimiter`; https://docs.python.org/3/library/csv.html#csv.Sniffer
# Matters: A table of labels is then unreadable, or, worse, its names are cut at a space. The program tries each
#          delimiter and takes the one with which most rows have the same and the largest number of cells.
set -eu
python3 - <<'PYTHON'
import csv
import io
import sys

print("Python", sys.version.split()[0])
if sys.version_info[:2] != (3, 11):
    sys.exit("this was found with Python 3.11: put a python3 of that version first in PATH.")

plain = "id,label\n" + "".join(f"{row}.jpg,{('dog', 'cat')[row % 2]}\n" for row in range(300))
quoted = plain + '300.jpg,"the ""big"" cat, red"\n'
bars = "a.jpg|cat|1,2\nb.jpg|dog|3,4\nc.jpg|cat|5,6\n"
found = {name: csv.Sniffer().sniff(text) for name, text in (("plain", plain), ("quoted", quoted), ("bars", bars))}
for name, dialect in found.items():
    print(f"{name}: delimiter {dialect.delimiter!r}")
rows = list(csv.reader(io.StringIO(quoted), found["quoted"]))
print("rows of the quoted table, as sniffed:", rows[1], rows[-1])
print("the same with the comma:", list(csv.reader(io.StringIO(quoted)))[-1])
assert found["plain"].delimiter == ","
assert found["quoted"].delimiter == " " and rows[1] == ["0.jpg,dog"]
assert found["bars"].delimiter == ","
PYTHON
