"""Prints the parameters of every operation that the official SDK models, as JSON: {"<operation>": ["<parameter>", ...]}."""

import inspect
import json
import re

from alibabacloud_dts20200101 import models

OPERATION = re.compile(r"^(\w+?)(?<!Shrink)(?<!Advance)Request$")

found = {}
for name, model in inspect.getmembers(models, inspect.isclass):
    operation = OPERATION.match(name)
    if operation:
        written = re.findall(r"result\['(\w+)'\]", inspect.getsource(model.to_map))
        found[operation.group(1)] = sorted(set(written))
print(json.dumps(found))
