"""What a script does that matches one regular expression per line: a yardstick for npm run bench.

Prints the lines read, the lines matched, the bytes and the errors.
"""

import re
import sys

LINE = re.compile(
    r'(?P<client>\S+) \S+ .* \[(?P<time>.*)\] '
    r'"(?P<method>\w+) (?P<url>\S*) (?P<version>\S*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"'
)

lines = matched = traffic = errors = 0
with open(sys.argv[1], encoding="latin-1") as log:
    for line in log:
        lines += 1
        match = LINE.search(line.rstrip("\n"))
        if match is None:
            continue
        fields = match.groupdict()
        matched += 1
        traffic += int(fields["bytes"])
        errors += int(fields["status"]) >= 400
print(lines, matched, traffic, errors)
