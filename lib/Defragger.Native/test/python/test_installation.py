"""What others see of a Python on Defragger: symbols, tags, virtual environments, type checkers."""

import os
import shutil
import subprocess
import sys
import sysconfig

import support

STUBS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python/defragger-stubs")

# What a program may call in place of the C library's; C++'s operators call these.
FAMILY = ["malloc", "free", "calloc", "realloc", "reallocarray", "aligned_alloc", "posix_memalign", "memalign", "valloc",
          "pvalloc", "malloc_usable_size", "malloc_trim", "cfree"]

TAGS = "SOABI EXT_SUFFIX MULTIARCH ABIFLAGS VERSION Py_DEBUG INCLUDEPY LIBDIR LIBPL prefix exec_prefix BINLIBDEST".split()

TYPED = """
import defragger

before: int = defragger.stats().live
for name, allocator in defragger.stats().domains.items():
    print(name.upper(), allocator)
with defragger.trace("calls") as recording:
    defragger.snapshot(b"heap")
print(recording.active, defragger.trim() + 1, defragger.settings["cache"], defragger.version)
"""

# Each line is a mistake.
MISTAKEN = """
import defragger
defragger.stats().lives
defragger.trim(1)
defragger.snapshot(3)
defragger.settings["cache"] = 1
defragger.trace(None).stop()
"""


def exported(path):
    """Names that an executable or library gives to others."""
    text = subprocess.run(["nm", "-D", "--defined-only", path], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout
    return {line.split()[-1].split("@")[0] for line in text.splitlines()}


def libpython():
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    path = os.path.join(folder, name or "")
    return path if ".so" in path and os.path.exists(path) else None


class Symbols(support.Case):
    def test_the_executable_gives_its_malloc_to_all_libraries(self):
        self.assertLessEqual(set(FAMILY), exported(sys.executable))

    def test_extensions_find_every_name_that_the_stock_python_has(self):
        stock = exported(os.path.realpath(support.STOCK))
        if sum(name.startswith("Py") for name in stock) < 500:
            if libpython() is None:
                self.fail("the stock executable exports no names, and there is no library that does")
            stock |= exported(libpython())
        ours = exported(sys.executable)
        if sum(name.startswith("Py") for name in ours) < 500:
            ours |= exported(libpython())
        self.assertEqual({name for name in stock if name.startswith(("Py", "_Py"))} - ours, set())

    def test_the_names_of_our_sources_stay_ours(self):
        hidden = {"domains_install", "domain_name", "module_init", "recording_start", "statistics_now", "cache_own"}
        self.assertEqual(hidden & exported(sys.executable), set())
        self.assertIn("df_malloc_statistics", exported(sys.executable))


class Tags(support.Case):
    def test_extensions_have_the_same_names_and_places(self):
        code = f"import sysconfig; print(json.dumps([sysconfig.get_config_var(name) for name in {TAGS}]))"
        self.assertEqual(support.value_of(code), support.value_of(code, python=support.STOCK))

    def test_the_platform_and_the_paths_are_the_same(self):
        code = ("import sysconfig, platform; paths = sysconfig.get_paths(); paths.pop('scripts')\n"
                "print(json.dumps([sys.version, sys.platform, sysconfig.get_platform(), sys.prefix, sys.path, paths,"
                " platform.python_implementation(), sys.abiflags]))")
        self.assertEqual(support.value_of(code), support.value_of(code, python=support.STOCK))


class Environments(support.Case):
    def make(self):
        done = support.start("-m", "venv", "--without-pip", self.path("env"))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.path("env/bin/python")

    def test_a_virtual_environment_has_our_allocator(self):
        code = "import defragger; print(json.dumps([sys.prefix, defragger.stats().domains['obj']]))"
        self.assertEqual(support.value_of(code, python=self.make()),
                         [os.path.realpath(self.path("env")), "defragger"])

    def test_a_type_checker_finds_the_stub_package(self):
        mypy = shutil.which("mypy")
        if mypy is None:
            self.skipTest("mypy is not installed")
        if sys.version_info[:2] > (3, 11):
            self.skipTest("mypy here may be older than this Python")
        python = self.make()
        folder = support.value_of("import sysconfig; print(json.dumps(sysconfig.get_path('purelib')))", python=python)
        shutil.copytree(STUBS, os.path.join(folder, "defragger-stubs"))

        def check(name, text):
            with open(self.path(name), "w") as file:
                file.write(text)
            return subprocess.run([mypy, "--strict", "--no-incremental", "--python-executable", python, self.path(name)],
                                  cwd=self.folder, env=support.environment(), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, universal_newlines=True)

        good = check("typed.py", TYPED)
        self.assertEqual(good.returncode, 0, good.stdout)
        bad = check("mistaken.py", MISTAKEN)
        lines = {int(line.split(":")[1]) for line in bad.stdout.splitlines() if ": error:" in line}
        self.assertEqual(lines, {3, 4, 5, 6, 7}, bad.stdout)


if __name__ == "__main__":
    support.main()
