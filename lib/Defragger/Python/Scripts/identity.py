# What others see of a Python: its version, places, tags and build settings, as one JSON object of texts.
import json
import platform
import sys
import sysconfig

seen = {
    "sys.version": sys.version,
    "sys.prefix": sys.prefix,
    "sys.exec_prefix": sys.exec_prefix,
    "sys.path": sys.path,
    "sys.platform": sys.platform,
    "sys.abiflags": sys.abiflags,
    "sys.implementation": sys.implementation.cache_tag,
    "platform": sysconfig.get_platform(),
    "platform.python_compiler": platform.python_compiler(),
}
seen.update(("path " + name, path) for name, path in sysconfig.get_paths().items())
seen.update(sysconfig.get_config_vars())
# Where the executable lies: the one thing that differs.
del seen["projectbase"]
print(json.dumps({name: str(value) for name, value in seen.items()}))
