#!/bin/sh
# A real program under the preloaded library prints what it prints under the C library's malloc, and ends the
# same way.
#
#   programs.sh LIBRARY NAME      one of: bash perl sqlite3 git gcc clang archives python python-tests dotnet nginx
#                                 redis
set -u
library=$1 name=$2
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd -P)
core=$here/../../src/core
folder=$(mktemp -d) || exit 1
server=''
trap 'if [ -n "$server" ]; then kill "$server" 2> /dev/null; fi; rm -rf "$folder"' EXIT
export LC_ALL=C HOME="$folder" core

skip() {
    echo "skipped: $1"
    exit 77
}

fail() {
    echo "wrong: $1"
    exit 1
}

need() {
    for program in "$@"; do
        command -v "$program" > /dev/null 2>&1 || skip "$program is not installed"
    done
}

# run KIND PRELOAD: the script of stdin in a folder of its own; its output and exit code in files.
run() {
    mkdir -p "$folder/$1/work"
    cat > "$folder/$1/script"
    (
        cd "$folder/$1/work" || exit 1
        LD_PRELOAD=$2 sh -eu "$folder/$1/script" > ../out 2> ../err
        echo "$?" > ../code
    )
}

# compare: the script of stdin in both ways.
compare() {
    cat > "$folder/script"
    run alone '' < "$folder/script"
    run preloaded "$library" < "$folder/script"
    [ "$(cat "$folder/alone/code")" = 0 ] || skip "$name does not run here at all: $(tail -n 1 "$folder/alone/err")"
    [ "$(cat "$folder/preloaded/code")" = 0 ] || {
        tail -n 30 "$folder/preloaded/err"
        fail "it ended with $(cat "$folder/preloaded/code")"
    }
    if grep '^defragger:' "$folder/preloaded/err"; then fail 'it made a mistake'; fi
    cmp "$folder/alone/out" "$folder/preloaded/out" || {
        diff "$folder/alone/out" "$folder/preloaded/out" | head -n 20
        fail 'it printed something else'
    }
    [ -s "$folder/alone/out" ] || fail 'it printed nothing'
    echo "the same $(wc -c < "$folder/alone/out") bytes"
}

case $name in
bash)
    need bash
    compare <<'END'
bash -c '
declare -A seen
for i in {1..20000}; do key=k$((i * 7919 % 1009)); seen[$key]+="$i,"; done
for key in "${!seen[@]}"; do echo "$key ${seen[$key]}"; done | sort
text=""; for i in {1..3000}; do text+="line $i"; done; echo "${#text} ${text//line/x}" | cksum
for i in {1..60}; do (echo $((i * i))); done
echo {1..5000} | tr " " "\n" | while read -r n; do :; done; echo done'
END
    ;;
perl)
    need perl
    compare <<'END'
perl -e '
srand(5); my %h; my @list;
for my $i (1 .. 200000) { my $k = ($i * 7919) % 30011; $h{$k} .= chr(97 + $i % 26); delete $h{$k - 1} if $i % 3 == 0;
    push @list, "x" x ($i % 300); shift @list if @list > 2000; }
print join(",", map { "$_=$h{$_}" } sort { $a <=> $b } keys %h), "\n";
my $text = join " ", @list; my $count = () = $text =~ /x{10,}/g; print length($text), " $count\n";
for (1 .. 10) { my $pid = fork; if (!$pid) { my @c = map { "c$_" } 1 .. 10000; exit(@c == 10000 ? 0 : 1) }
    waitpid $pid, 0; print "child $?\n"; }'
END
    ;;
sqlite3)
    need sqlite3
    compare <<'END'
sqlite3 data.db <<'SQL'
create table t(id integer primary key, name text, value real, data blob);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
insert into t select i, printf('name %d', (i * 7919) % 100003), i / 7.0, zeroblob(i % 100) from n;
create index t_name on t(name);
select count(*), sum(value), min(name), max(name), sum(length(data)) from t;
update t set name = name || ' again' where id % 3 = 0;
delete from t where id % 5 = 0;
select substr(name, 1, 8) as k, count(*), avg(value) from t group by k order by 2 desc, 1 limit 50;
select a.id, b.id from t a join t b on a.name = b.name || ' again' order by 1, 2 limit 20;
vacuum;
pragma integrity_check;
SQL
END
    ;;
git)
    need git
    compare <<'END'
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000' GIT_CONFIG_NOSYSTEM=1
git init -q -b main one && cd one
for i in 1 2 3 4 5 6 7 8; do
    cp -r "$core" "copy$i" && seq "$i" 3000 > "numbers$i" && git add -A && git commit -qm "commit $i"
done
git checkout -q -b side HEAD~3 && echo side > side && git add side && git commit -qm side
git checkout -q main && git merge -q -m merge side
git gc -q --aggressive && git fsck --full
git log --stat --format='%H %s' | cat
cd .. && git clone -q one two && git -C two rev-parse HEAD && git -C two diff --stat HEAD~4 | tail -n 3
git -C two grep -c struct | sort
END
    ;;
gcc | clang)
    need "$name"
    export compiler="$name"
    compare <<'END'
for file in "$core"/*.c; do
    "$compiler" -std=c11 -D_GNU_SOURCE -O2 -g -I "$core" -I "$core/../../include" -ffile-prefix-map="$PWD=." -c \
        "$file" -o "$(basename "$file").o"
done
cksum ./*.o
END
    ;;
archives)
    need tar gzip xz
    compare <<'END'
cp -r "$core" core && seq 300000 > core/numbers
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf core.tar core
gzip -n -9 -k core.tar && xz -T 2 -6 -k core.tar
mkdir out && tar -xf core.tar.xz -C out && gzip -dc core.tar.gz | cmp - core.tar
cksum core.tar core.tar.gz core.tar.xz
(cd out && find . -type f | sort | xargs cksum)
END
    ;;
python)
    need python3
    compare <<'END'
PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 python3 - <<'PYTHON'
import ctypes, gc, json, multiprocessing, re, subprocess, sys, threading, zlib

def work(seed):
    data = [{"id": i * seed, "text": "x" * (i % 97), "list": list(range(i % 13))} for i in range(3000)]
    again = json.loads(json.dumps(data))
    return zlib.crc32(json.dumps(again, sort_keys=True).encode())

def threads():
    results = [None] * 8
    def run(i):
        results[i] = work(i)
    all = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    [t.start() for t in all]
    [t.join() for t in all]
    return results

print(threads())
with multiprocessing.get_context("fork").Pool(4) as pool:
    print(pool.map(work, range(12)))
for i in range(10):
    print(subprocess.run(["sh", "-c", f"echo {i}; cat"], input=b"y" * 100000, capture_output=True).stdout[:5])
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
blocks = [libc.malloc(i * 10 + 1) for i in range(1000)]
for block in blocks:
    ctypes.memset(block, 1, 1)
    libc.free(block)
text = " ".join(str(i) for i in range(100000))
print(len(re.findall(r"\b\d*7\d*\b", text)), sum(map(len, text.split())))
big = bytearray()
for i in range(2000):
    big += bytes([i % 256]) * 5000
print(zlib.crc32(big))
del big, text
gc.collect()
print(threads())
sys.exit(0)
PYTHON
END
    ;;
python-tests)
    need python3
    python3 -c 'import test.regrtest, test.test_list' 2> /dev/null || skip 'Python has no test package'
    cd "$folder" || exit 1
    LD_PRELOAD=$library PYTHONMALLOC=malloc timeout 60 python3 -m test -q test_list test_dict test_json test_struct \
        test_array test_thread test_memoryview test_mmap test_zlib test_ctypes test_threading_local > out 2>&1 || {
        tail -n 30 out
        fail 'the tests of Python'
    }
    if grep '^defragger:' out; then fail 'it made a mistake'; fi
    tail -n 1 out
    ;;
dotnet)
    need dotnet
    export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
    compare <<'END'
dotnet --info
dotnet msbuild -version -nologo
END
    ;;
nginx)
    need nginx curl
    chmod 755 "$folder" # started by root, its workers run as somebody else
    mkdir -p "$folder/www" && seq 100000 > "$folder/www/numbers"
    cat > "$folder/nginx.conf" <<END
user $(id -un); worker_processes 2; daemon off; pid $folder/pid; error_log $folder/error.log;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $folder/b; proxy_temp_path $folder/p; fastcgi_temp_path $folder/f;
  uwsgi_temp_path $folder/u; scgi_temp_path $folder/s; gzip on; gzip_types *;
  server { listen unix:$folder/socket; root $folder/www; } }
END
    LD_PRELOAD=$library nginx -c "$folder/nginx.conf" 2> "$folder/err" &
    server=$!
    for try in 1 2 3 4 5 6 7 8 9 10; do
        [ -S "$folder/socket" ] && break
        sleep 0.2
    done
    for try in $(seq 200); do
        curl -s --compressed --unix-socket "$folder/socket" http://here/numbers | cmp - "$folder/www/numbers" ||
            fail "answer $try differs"
        [ "$((try % 50))" -ne 0 ] || kill -HUP "$server"
    done
    kill -QUIT "$server" && wait "$server" || fail "the server ended with $?"
    server=''
    if grep '^defragger:' "$folder/err" "$folder/error.log"; then fail 'it made a mistake'; fi
    ;;
redis)
    need redis-server redis-benchmark redis-cli
    LD_PRELOAD=$library redis-server --port 0 --unixsocket "$folder/socket" --dir "$folder" > "$folder/log" 2>&1 &
    server=$!
    for try in 1 2 3 4 5 6 7 8 9 10; do
        [ -S "$folder/socket" ] && break
        sleep 0.2
    done
    redis-benchmark -s "$folder/socket" -q -n 40000 -r 20000 -d 300 -t set,get,lpush,lrange_100,hset,sadd ||
        fail 'the benchmark'
    redis-cli -s "$folder/socket" bgsave && redis-cli -s "$folder/socket" debug reload || fail 'saving'
    redis-cli -s "$folder/socket" shutdown nosave
    wait "$server" || fail "the server ended with $?"
    server=''
    if grep 'defragger:' "$folder/log"; then fail 'it made a mistake'; fi
    ;;
*)
    fail "no program is called $name"
    ;;
esac
