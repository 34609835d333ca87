"""The built-in module `defragger`."""

import ast
import copy
import errno
import gc
import inspect
import os
import pickle
import stat
import sys
import threading
import time

import defragger
import support

STUB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python/defragger-stubs/__init__.pyi")
MIB = 1 << 20


def build(mebibytes):
    return [bytearray(500) for _ in range(mebibytes * MIB // 512)]


class Statistics(support.Case):
    def test_what_the_program_holds_is_in_them(self):
        before = defragger.stats()
        held = build(20)
        during = defragger.stats()
        del held
        self.assertGreaterEqual(during.live - before.live, 20 * MIB * 500 // 512)
        self.assertGreaterEqual(during.live_blocks - before.live_blocks, 20 * MIB // 512)
        self.assertLess(defragger.stats().live - before.live, MIB)

    def test_their_numbers_fit_each_other(self):
        now = defragger.stats()
        self.assertGreaterEqual(now.pinned + now.dirty, now.live - now.large)
        self.assertLessEqual(now.pinned + now.dirty, now.committed)
        self.assertLessEqual(now.committed, now.reserved)
        self.assertGreaterEqual(now.arenas, 1)
        self.assertGreaterEqual(now.threads, 1)

    def test_a_large_block_is_counted_apart(self):
        before = defragger.stats()
        large = bytearray(64 * MIB)
        after = defragger.stats()
        self.assertEqual(after.large_blocks - before.large_blocks, 1)
        self.assertGreaterEqual(after.large - before.large, len(large))

    def test_they_are_a_tuple_of_numbers_with_names(self):
        now = defragger.stats()
        self.assertIsInstance(now, defragger.Statistics)
        self.assertEqual(len(now), 16)
        self.assertEqual(now[0], now.live)
        self.assertEqual(now[-1], now.threads)
        self.assertTrue(all(isinstance(one, int) for one in now))
        self.assertTrue(repr(now).startswith("defragger.Statistics(live="))

    def test_they_can_be_pickled_and_copied(self):
        now = defragger.stats()
        for other in pickle.loads(pickle.dumps(now)), copy.copy(now), copy.deepcopy(now):
            self.assertEqual(other, now)
            self.assertEqual(other.domains, now.domains)

    def test_each_call_gives_new_ones_and_leaks_none(self):
        defragger.stats()
        gc.collect()
        before = defragger.stats().live_blocks
        for _ in range(2000):
            defragger.stats()
        gc.collect()
        self.assertLess(abs(defragger.stats().live_blocks - before), 100)


class Trim(support.Case):
    def test_free_memory_goes_back_at_once(self):
        before = defragger.stats()
        kept = build(64)[::1000]
        gc.collect()
        given = defragger.trim()
        after = defragger.stats()
        self.assertGreater(given, 40 * MIB)
        self.assertEqual(len(kept), 64 * MIB // 512 // 1000 + 1)
        self.assertLess(after.dirty, MIB)
        self.assertGreater(after.purged - before.purged, 40 * MIB)
        self.assertGreater(after.purges, before.purges)
        self.assertLess(defragger.trim(), MIB)


def sparse():
    """A few of many small objects, scattered over all of their pages."""
    kept = [str(number) * 5 for number in range(400_000)][::60]
    gc.collect()
    return kept


class Compact(support.Case):
    def test_pages_that_hold_little_are_merged_and_every_object_stays(self):
        before = defragger.stats().merging
        kept = sparse()
        given = defragger.compact()
        now = defragger.stats().merging
        self.assertGreater(given, 2 * MIB)
        self.assertGreater(now["merges"] - before["merges"], 1000)
        self.assertGreater(now["merged"], 3 * now["stored"])
        self.assertGreater(now["saved"], 2 * MIB)
        self.assertEqual(now["answer"], "all was merged that is worth it")
        self.assertEqual(kept, [str(number) * 5 for number in range(0, 400_000, 60)])
        kept[:] = [text + "!" for text in kept]
        defragger.compact()
        self.assertEqual(kept[-1], str(399_960) * 5 + "!")

    def test_children_have_their_own(self):
        kept = [[number] for number in range(400_000)][::60]
        defragger.compact()
        for child in range(4):
            process = os.fork()
            if process == 0:
                for each in kept:
                    each[0] += child
                defragger.compact()
                os._exit(kept != [[number + child] for number in range(0, 400_000, 60)])
            for each in kept:
                each[0] += 1
            self.assertEqual(os.waitpid(process, 0)[1], 0)
            for each in kept:
                each[0] -= 1
        self.assertEqual(kept, [[number] for number in range(0, 400_000, 60)])

    def test_its_time_may_be_limited(self):
        kept = sparse()
        merges = defragger.stats().merging["merges"]
        defragger.compact(0)
        self.assertEqual(defragger.stats().merging["merges"], merges)
        self.assertEqual(defragger.stats().merging["answer"], "its time ended")
        defragger.compact(seconds=60.5)
        self.assertGreater(defragger.stats().merging["merges"], merges)
        self.assertEqual(len(kept), 6667)

    def test_what_is_no_time_is_an_error_with_it(self):
        for wrong in -1, float("nan"):
            with self.assertRaisesRegex(ValueError, repr(wrong)):
                defragger.compact(wrong)
        with self.assertRaises(TypeError):
            defragger.compact("a while")

    def test_it_can_be_switched_off(self):
        code = "import defragger; print(json.dumps([defragger.compact(), defragger.stats().merging['answer']]))"
        self.assertEqual(support.value_of(code, DEFRAGGER_MERGE="off"), [0, "switched off"])


class Threads(support.Case):
    def take_turns(self, function):
        """Whether two threads do so in calling it although nobody is made to let the other go on."""
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1000)
        end, order = time.monotonic() + 20, []

        def call(name):
            while len(order) < 3 and time.monotonic() < end:
                if order[-1:] != [name]:
                    order.append(name)
                function()

        threads = [threading.Thread(target=call, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(order) == 3

    def test_others_run_while_one_trims(self):
        self.assertTrue(self.take_turns(defragger.trim))

    def test_others_run_while_one_writes_a_snapshot(self):
        self.assertTrue(self.take_turns(lambda: defragger.snapshot(self.path("heap"))))

    def test_all_can_be_called_by_many_at_once(self):
        def call(number):
            for turn in range(30):
                kept = build(1)[::100]
                defragger.trim()
                defragger.snapshot(self.path(f"heap-{number}"))
                sizes.add(sum(map(len, kept)))
                defragger.stats()

        sizes = set()
        threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sizes, {500 * len(range(0, MIB // 512, 100))})


class Snapshot(support.Case):
    def test_it_shows_the_heap_in_address_order(self):
        path = self.path("heap")
        held = build(2)
        self.assertIsNone(defragger.snapshot(path))
        with open(path) as file:
            lines = [line.split() for line in file]
        self.assertEqual(lines[0][0], "arena")
        self.assertEqual(lines[-1], ["end"])
        items = [(kind, int(first), int(length)) for kind, first, length in lines[1:-1] if kind in ("block", "free")]
        self.assertGreater(len(items), len(held))
        for (_, first, length), (_, following, _) in zip(items, items[1:]):
            self.assertEqual(first + length, following)
        self.assertGreater(sum(length for kind, _, length in items if kind == "block"), 2 * MIB * 500 // 512)

    def test_the_file_is_for_its_owner_alone_and_may_be_written_over(self):
        path = self.path("heap")
        defragger.snapshot(path)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, "a") as file:
            file.write("x" * 10 * MIB)
        defragger.snapshot(path.encode())
        with open(path) as file:
            self.assertEqual(file.read().splitlines()[-1], "end")

    def test_a_path_may_be_of_any_kind(self):
        class Path:
            def __fspath__(self):
                return path

        path = self.path("h\u00e9ap")
        defragger.snapshot(Path())
        self.assertTrue(os.path.exists(path))
        for wrong in 3, None, object(), "a\0b":
            with self.assertRaises((TypeError, ValueError)):
                defragger.snapshot(wrong)

    def test_what_cannot_be_written_is_an_error_with_its_path(self):
        for path, number in ((self.path("missing/heap"), errno.ENOENT), (self.folder, errno.EISDIR),
                             ("/dev/full", errno.ENOSPC)):
            with self.assertRaises(OSError) as raised:
                defragger.snapshot(path)
            self.assertEqual((raised.exception.errno, raised.exception.filename), (number, path))


class Trace(support.Case):
    def test_a_recording_ends_with_its_block(self):
        path = self.path("calls")
        with defragger.trace(path) as recording:
            self.assertIsInstance(recording, defragger.Recording)
            self.assertTrue(recording.active)
            self.assertEqual(recording.path, path)
            build(1)
        self.assertFalse(recording.active)
        size = os.path.getsize(path)
        self.assertGreater(size, 2 * MIB // 512)
        build(1)
        self.assertEqual(os.path.getsize(path), size)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, "rb") as file:
            self.assertEqual(file.read(8), b"dfrecord")

    def test_an_exception_ends_it_and_goes_on(self):
        with self.assertRaises(KeyError):
            with defragger.trace(self.path("calls")) as recording:
                raise KeyError
        self.assertFalse(recording.active)

    def test_there_is_one_at_a_time(self):
        with defragger.trace(self.path("one")):
            with self.assertRaises(OSError) as raised:
                defragger.trace(self.path("two"))
            self.assertEqual(raised.exception.errno, errno.EBUSY)
            self.assertEqual(raised.exception.filename, self.path("two"))
        self.assertFalse(os.path.exists(self.path("two")))

    def test_none_ends_whatever_there_is(self):
        self.assertIsNone(defragger.trace(None))
        recording = defragger.trace(self.path("one"))
        self.assertIsNone(defragger.trace(None))
        self.assertFalse(recording.active)
        path = self.path("from-the-start")
        size = support.value_of("import defragger, os; defragger.trace(None)\n"
                                f"print(json.dumps(os.path.getsize({path!r})))", DEFRAGGER_RECORD=path)
        self.assertGreater(size, 1000)
        self.assertEqual(os.path.getsize(path), size)

    def test_who_has_ended_does_not_end_the_next(self):
        first = defragger.trace(self.path("one"))
        first.stop()
        with defragger.trace(self.path("two")) as second:
            first.stop()
            self.assertTrue(second.active)
        self.assertFalse(second.active)

    def test_a_file_that_is_there_is_not_written_over(self):
        path = self.path("calls")
        with open(path, "w") as file:
            file.write("mine")
        with self.assertRaises(FileExistsError) as raised:
            defragger.trace(path)
        self.assertEqual(raised.exception.filename, path)
        with open(path) as file:
            self.assertEqual(file.read(), "mine")

    def test_only_trace_makes_a_recording(self):
        for make in defragger.Recording, lambda: object.__new__(defragger.Recording):
            with self.assertRaises(TypeError):
                make()


class Module(support.Case):
    def test_it_is_built_in_and_has_a_version(self):
        self.assertIn("defragger", sys.builtin_module_names)
        self.assertRegex(defragger.version, r"^\d+\.\d+\.\d+$")

    def test_settings_say_what_the_environment_set(self):
        read = "import defragger; print(json.dumps(dict(defragger.settings)))"
        self.assertEqual(support.value_of(read), {
            "enabled": True, "background": True, "on_error": "abort", "hardened": False, "statistics": False,
            "decay_ms": 1000, "cache": 2048, "merge": "on", "probe": False})
        self.assertEqual(support.value_of(read, DEFRAGGER_BACKGROUND="0", DEFRAGGER_ON_ERROR="warn",
                                          DEFRAGGER_HARDENED="1", DEFRAGGER_DECAY_MS="7", DEFRAGGER_CACHE="3",
                                          DEFRAGGER_MERGE="auto", DEFRAGGER_PROBE="1"), {
            "enabled": True, "background": False, "on_error": "warn", "hardened": True, "statistics": False,
            "decay_ms": 7, "cache": 3, "merge": "auto", "probe": True})
        self.assertIs(support.value_of(read, DEFRAGGER="off")["enabled"], False)

    def test_settings_cannot_be_changed(self):
        with self.assertRaises(TypeError):
            defragger.settings["cache"] = 1

    def test_every_function_tells_how_it_is_called(self):
        functions = {"stats": "()", "trim": "()", "compact": "(seconds=None)", "snapshot": "(path, /)", "trace": "(path, /)"}
        for name, signature in functions.items():
            self.assertEqual(str(inspect.signature(getattr(defragger, name))), signature)
        for name in functions:
            self.assertGreater(len(inspect.getdoc(getattr(defragger, name))), 50, name)
        self.assertIn("whole process", inspect.getdoc(defragger))

    def test_files_are_made_under_the_eyes_of_audit_hooks(self):
        code = ("import defragger\nseen = []\n"
                "sys.addaudithook(lambda event, words: seen.append(words[0]) if event == 'open' else None)\n"
                f"defragger.snapshot({self.path('heap')!r})\ndefragger.trace({self.path('calls')!r}).stop()\n"
                "print(json.dumps(seen))")
        self.assertEqual(support.value_of(code), [self.path("heap"), self.path("calls")])

    def test_the_stub_has_the_same_names(self):
        with open(STUB) as file:
            body = ast.parse(file.read()).body
        names = {node.name: node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        variables = {node.target.id for node in body if isinstance(node, ast.AnnAssign)}
        public = {name for name in dir(defragger) if not name.startswith("_")}
        self.assertEqual(set(names) | variables, public)
        for kind in "Statistics", "Recording":
            inherited = set(dir(tuple)) | {"n_fields", "n_sequence_fields", "n_unnamed_fields"}
            members = {name for name in dir(getattr(defragger, kind)) if not name.startswith("_")} - inherited
            written = {node.name for node in names[kind].body if isinstance(node, ast.FunctionDef)}
            self.assertEqual({name for name in written if not name.startswith("_")}, members)


if __name__ == "__main__":
    support.main()
