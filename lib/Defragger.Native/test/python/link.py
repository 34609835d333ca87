"""Links an executable of the Python that runs this, with our main and malloc: what python/README.md says, in words.

    python3 link.py OUTPUT LIBRARY      LIBRARY is libdefragger.a

Exit code 77, with the reason, where that Python cannot be linked. Warnings in our sources are errors.
"""

import os
import shlex
import shutil
import struct
import subprocess
import sys
import sysconfig

NATIVE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


def words(*names):
    return [word for name in names for word in shlex.split(sysconfig.get_config_var(name) or "")]


def is_position_independent(path):
    with open(path, "rb") as file:
        kind, = struct.unpack_from("<H", file.read(18), 16)
    return kind == 3  # ET_DYN


def includes():
    return sorted({sysconfig.get_path("include"), sysconfig.get_path("platinclude")})


def library():
    """The words for the linker: the archive if there is one, whose calls are direct; whole, as extensions expect it."""
    archive = os.path.join(sysconfig.get_config_var("LIBPL"), sysconfig.get_config_var("LIBRARY"))
    if os.path.exists(archive):
        kind = [] if is_position_independent(os.path.realpath(sys.executable)) else ["-no-pie"]
        return [*kind, "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive", *words("MODLIBS")]
    folder, shared = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDLIBRARY")
    if not os.path.exists(os.path.join(folder, shared)):
        skip(f"there is no {archive} and no {os.path.join(folder, shared)}: apt-get install libpython3-dev")
    return [f"-L{folder}", f"-Wl,-rpath,{folder}", "-l" + shared[len("lib"):].split(".so")[0]]


def run(*command):
    subprocess.run(command, check=True)


def main(output, archive):
    compiler = shutil.which("cc") or shutil.which("gcc") or skip("there is no C compiler")
    if sys.version_info < (3, 8) or sysconfig.get_config_var("Py_GIL_DISABLED"):
        skip("this Python is older than 3.8, or free-threaded")
    if not os.path.exists(os.path.join(includes()[0], "Python.h")):
        skip(f"there is no {includes()[0]}/Python.h: apt-get install libpython3-dev")
    python = library()
    headers = [word for folder in includes() for word in ("-isystem", folder)] + ["-I", os.path.join(NATIVE, "include")]
    sources, objects = os.path.join(NATIVE, "python"), []
    for name in sorted(os.listdir(sources)):
        if name.endswith(".c"):
            objects.append(f"{output}-{name}.o")
            run(compiler, *WARNINGS, "-O2", "-fPIE", *headers, "-c", os.path.join(sources, name), "-o", objects[-1])
    run(compiler, "-o", output, *objects, "-Wl,--export-dynamic", "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive",
        *python, *words("LIBS", "SYSLIBS", "LINKFORSHARED"))


if __name__ == "__main__":
    main(*sys.argv[1:])
