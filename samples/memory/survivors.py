"""A worker that keeps one record in a hundred: what stays is scattered over all the pages there were."""

import time

from variation import between

kept = []
every = between(80, 120)
for case in range(between(3, 4)):
    records = [{"case": case, "line": number, "rule": f"R{number % 97}", "message": f"finding {number} of case {case}" * 2,
                "snippet": "x" * (600 + number % 400) if number % 10 == 0 else ""} for number in range(between(60000, 90000))]
    kept += records[::every]
    del records
    time.sleep(0.3)
time.sleep(0.5)
