#include "tests/services/reward/sandbox/hostile_programs.h"

#include <string>

namespace mdrl {

const char kAttempt[] = R"(
def attempt(works):
  global f
  f = (lambda x: x + 1) if works else (lambda x: 0)
)";

namespace {

using End = ProgramResult::End;

constexpr HostileProgram kPrograms[] = {
    {"SpinsForever", R"PY(
while True: pass
)PY",
     End::kTimeout},
    {"SleepsForever", R"PY(
import time
time.sleep(1000)
)PY",
     End::kTimeout},
    {"SleepsInACall", R"PY(
import time
def f(x): time.sleep(1000)
)PY",
     End::kTimeout},
    {"ForkBomb", R"PY(
import os
while True:
  try: os.fork()
  except OSError: pass
)PY",
     End::kTimeout},
    {"ThreadBomb", R"PY(
import threading, time
while True:
  try: threading.Thread(target=time.sleep, args=(1000,)).start()
  except (RuntimeError, MemoryError): pass
)PY",
     End::kTimeout},
    {"MasksEverySignal", R"PY(
import signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass
)PY",
     End::kTimeout},
    {"IgnoresEverySignal", R"PY(
import signal, time
for s in range(1, 65):
  try: signal.signal(s, signal.SIG_IGN)
  except (OSError, ValueError): pass
while True: time.sleep(1)
)PY",
     End::kTimeout},
    {"BecomesADaemon", R"PY(
import os, time
if os.fork() == 0:
  os.setsid()
  if os.fork(): os._exit(0)
time.sleep(1000)
)PY",
     End::kTimeout},
    {"BacktracksForever", R"PY(
import re
re.match("(a+)+$", "a" * 60 + "b")
)PY",
     End::kTimeout},
    {"ComputesAHugePower", R"PY(
x = 3 ** (10 ** 8)
)PY",
     End::kTimeout},
    {"WaitsForItself", R"PY(
import threading
k = threading.Lock()
k.acquire()
k.acquire()
)PY",
     End::kTimeout},
    {"StopsItself", R"PY(
import os
os.kill(os.getpid(), 19)
)PY",
     End::kTimeout},
    {"TakesTheLinksQuestions", R"PY(
import os
while os.read(3, 1): pass
)PY",
     End::kTimeout},
    {"LeavesZombies", R"PY(
import os, time
for _ in range(20):
  if os.fork() == 0: os._exit(0)
time.sleep(1000)
)PY",
     End::kTimeout},
    {"BecomesAnotherProgram", R"PY(
import os
os.execv("/usr/bin/sleep", ["sleep", "1000"])
)PY",
     End::kTimeout},
    {"SendsItselfToTheBackground", R"PY(
import os, time
def f(x):
  if os.fork() == 0: time.sleep(1000)
  while True: os.getppid()
)PY",
     End::kTimeout},
    {"ExitsBeforeTheTests", R"PY(
import sys
sys.exit(0)
)PY",
     End::kRejected},
    {"RaisesSystemExit", R"PY(
raise SystemExit(0)
)PY",
     End::kRejected},
    {"LeavesAtOnce", R"PY(
import os
os._exit(0)
)PY",
     End::kCrash},
    {"LeavesInACall", R"PY(
import os
def f(x): os._exit(0)
)PY",
     End::kCrash},
    {"LeavesAtTheLastCall", R"PY(
import os
def f(x):
  if x == 5: os._exit(0)
  return x + 1
)PY",
     End::kCrash},
    {"Aborts", R"PY(
import os
os.abort()
)PY",
     End::kCrash},
    {"ReadsAddressZero", R"PY(
import ctypes
ctypes.string_at(0)
)PY",
     End::kCrash},
    {"KillsItself", R"PY(
import os
os.kill(os.getpid(), 9)
)PY",
     End::kCrash},
    {"KillsItselfByAlarm", R"PY(
import signal, time
signal.setitimer(signal.ITIMER_REAL, 0.01)
time.sleep(1000)
)PY",
     End::kCrash},
    {"ExitsInACall", R"PY(
import sys
def f(x): sys.exit(0)
)PY",
     End::kJudged},
    {"PassesAtExit", R"PY(
import atexit, os
atexit.register(os._exit, 0)
atexit.register(print, "PASSED")
def f(x): return None
)PY",
     End::kJudged},
    {"PrintsAVerdict", R"PY(
print('{"secret": "", "passed": 2, "total": 2, "loaded": true, "gone": false, "memory": false, "error": ""}')
def f(x): return None
)PY",
     End::kJudged},
    {"WritesAVerdictEverywhere", R"PY(
import os
for fd in range(64):
  try: os.write(fd, b'{"secret": "", "passed": 2, "total": 2, "loaded": true, "gone": false, "memory": false, "error": ""}')
  except OSError: pass
os._exit(0)
)PY",
     End::kCrash},
    {"AnswersBeforeItIsAsked", R"PY(
import os
for _ in range(9): os.write(3, b'\x0e\x00\x00\x00["ok",true,[]]')
def f(x): return None
)PY",
     End::kJudged},
    {"ClosesEverything", R"PY(
import os, time
os.closerange(0, 64)
time.sleep(1000)
)PY",
     End::kCrash},
    {"OrphansHoldTheLink", R"PY(
import os, time
if os.fork() == 0: time.sleep(1000)
os._exit(0)
)PY",
     End::kCrash},
    {"PrintsForever", R"PY(
while True: print("x" * 1000)
)PY",
     End::kCrash},
    {"ComplainsForever", R"PY(
import sys
while True: sys.stderr.write("x" * 1000)
)PY",
     End::kCrash},
    {"SendsAHugeFrame", R"PY(
import os, time
os.write(3, b"\xff\xff\xff\x7f" + b"x" * 1000)
time.sleep(1000)
)PY",
     End::kCrash},
    {"SendsDeepJson", R"PY(
import os, time
body = b"[" * 100000
os.write(3, len(body).to_bytes(4, "little") + body)
time.sleep(1000)
)PY",
     End::kCrash},
    {"SendsAnAnswerThatIsNone", R"PY(
import os, time
os.write(3, b"\x02\x00\x00\x00{}")
time.sleep(1000)
)PY",
     End::kCrash},
    {"AnswersWithTooMuch", R"PY(
def f(x): return "x" * (9 << 20)
)PY",
     End::kJudged},
    {"AnswersWithACircle", R"PY(
def f(x):
  a = []
  a.append(a)
  return a
)PY",
     End::kJudged},
    {"PatchesBuiltins", R"PY(
import builtins
builtins.AssertionError = Exception
builtins.all = builtins.any = builtins.bool = lambda *a: True
builtins.compile = builtins.exec = lambda *a: None
def f(x): return 0
)PY",
     End::kJudged},
    {"PatchesTheTestModules", R"PY(
import sys, types
for name in ("unittest", "pytest", "tests"):
  sys.modules[name] = types.ModuleType(name)
def f(x): return 0
)PY",
     End::kJudged},
    {"PatchesTheWire", R"PY(
import json
json.dumps = lambda *a, **k: '["ok", true, []]'
def f(x): return 0
)PY",
     End::kJudged},
    {"PatchesTheHarness", R"PY(
import sys
main = sys.modules["__main__"]
main.encode = lambda *a: True
def f(x): return 0
)PY",
     End::kJudged},
    {"EqualsEverything", R"PY(
class Any:
  def __eq__(self, other): return True
def f(x): return Any()
)PY",
     End::kJudged},
    {"IsANumberThatEqualsEverything", R"PY(
class Any(int):
  def __eq__(self, other): return True
  __hash__ = int.__hash__
def f(x): return Any(0)
)PY",
     End::kJudged},
    {"IsNearEverything", R"PY(
class Near:
  def __sub__(self, other): return 0.0
  __rsub__ = __sub__
  def __abs__(self): return 0.0
  def __lt__(self, other): return True
  __gt__ = __le__ = __ge__ = __lt__
def f(x): return Near()
)PY",
     End::kJudged, R"PY(assert abs(f(1) - 2) < 1e-6
)PY"},
    {"IsNearEverythingAsAnObject", R"PY(
class Near:
  def __sub__(self, other): return 0.0
  __rsub__ = __sub__
  def __eq__(self, other): return True
def f(x): return Near()
)PY",
     End::kJudged, R"PY(from solution import f
def test_near(): assert f(1) - 2 == 0
def test_equal(): assert f(1) == 2
)PY",
     true},
    {"ShadowsBuiltins", R"PY(
def abs(x): return 0
def all(x): return True
def f(x): return 100.0
)PY",
     End::kJudged, R"PY(assert abs(f(1) - 2) < 1e-6
)PY"},
    {"AnswersEveryName", R"PY(
def __getattr__(name): return lambda *a: True
)PY",
     End::kJudged},
    {"LooksForTheTests", R"PY(
import gc, sys, os
seen = [s for s in gc.get_objects() if isinstance(s, (str, bytes))]
frame = sys._getframe()
while frame:
  seen += [repr(v) for v in frame.f_locals.values()] + [repr(v) for v in frame.f_globals.values()]
  frame = frame.f_back
for fd in range(64):
  if fd == 3: continue
  try: seen.append(repr(os.pread(fd, 1 << 20, 0)))
  except OSError: pass
attempt(any("assert f(" + "1)" in str(s) for s in seen))
)PY",
     End::kJudged},
    {"LooksForTheTestsInFiles", R"PY(
import os
found = False
for folder, _, files in os.walk("/"):
  if folder.startswith("/usr"): continue
  for name in files:
    try: found = found or b"assert f(1" in open(os.path.join(folder, name), "rb").read(1 << 20)
    except OSError: pass
attempt(found)
)PY",
     End::kJudged},
    {"ReadsProc", R"PY(
import os
print(os.listdir("/proc"))
)PY",
     End::kRejected},
    {"WritesProc", R"PY(
open("/proc/sys/kernel/hostname", "w").write("x")
)PY",
     End::kRejected},
    {"WritesSys", R"PY(
open("/sys/power/state", "w").write("mem")
)PY",
     End::kRejected},
    {"OpensMemory", R"PY(
open("/dev/mem", "rb")
)PY",
     End::kRejected},
    {"WritesTheRoot", R"PY(
open("/x", "w")
)PY",
     End::kRejected},
    {"WritesUsr", R"PY(
open("/usr/bin/x", "w")
)PY",
     End::kRejected},
    {"ReadsSecrets", R"PY(
open("/etc/shadow").read()
)PY",
     End::kRejected},
    {"FollowsALinkOut", R"PY(
import os
os.symlink("/etc/passwd", "/tmp/x")
open("/tmp/x").read()
)PY",
     End::kRejected},
    {"LinksOutOfTheScratch", R"PY(
import os
os.link("/usr/bin/python3", "/tmp/x")
)PY",
     End::kRejected},
    {"ClimbsOut", R"PY(
open("/tmp/../../../../etc/passwd").read()
)PY",
     End::kRejected},
    {"Traces", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.ptrace(16, 1, 0, 0) == 0 or libc.ptrace(0, 0, 0, 0) == 0)
)PY",
     End::kJudged},
    {"Mounts", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
)PY",
     End::kJudged},
    {"MakesNamespaces", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.unshare(0x10000000) == 0 or libc.unshare(0x40000000) == 0)
)PY",
     End::kJudged},
    {"ClonesIntoNamespaces", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

pid = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
if pid == 0:
  import os
  os._exit(0)
attempt(pid > 0)
)PY",
     End::kJudged},
    {"EntersNamespaces", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.setns(0, 0) == 0 or ctypes.get_errno() != 1)
)PY",
     End::kJudged},
    {"TakesKeys", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.syscall(250, 0, -3, 1) > 0)
)PY",
     End::kJudged},
    {"LoadsBpf", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.syscall(321, 0, 0, 0) >= 0 or ctypes.get_errno() != 1)
)PY",
     End::kJudged},
    {"MakesARing", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.syscall(425, 1, 0) >= 0 or ctypes.get_errno() != 1)
)PY",
     End::kJudged},
    {"CountsPerformance", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.syscall(298, 0, 0, -1, -1, 0) >= 0 or ctypes.get_errno() != 1)
)PY",
     End::kJudged},
    {"SharesMemory", R"PY(
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
attempt(libc.shmget(0, 1 << 30, 0o1600) >= 0)
)PY",
     End::kJudged},
    {"MakesAFileInMemory", R"PY(
import os
os.memfd_create("x")
)PY",
     End::kRejected},
    {"OpensASocket", R"PY(
import socket
socket.socket(socket.AF_INET, socket.SOCK_STREAM)
)PY",
     End::kRejected},
    {"OpensARawSocket", R"PY(
import socket
socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
)PY",
     End::kRejected},
    {"CallsTheNetwork", R"PY(
import urllib.request
urllib.request.urlopen("http://127.0.0.1:1", timeout=1)
)PY",
     End::kRejected},
    {"BecomesRoot", R"PY(
import os
os.setuid(0)
)PY",
     End::kRejected},
    {"RaisesItsLimits", R"PY(
import resource
resource.setrlimit(resource.RLIMIT_NPROC, (10000, 10000))
)PY",
     End::kRejected},
    {"KillsEverybody", R"PY(
import os
for pid in (1, -1):
  try: os.kill(pid, 9)
  except OSError: pass
def f(x): return 0
)PY",
     End::kJudged},
    {"ChangesTheHostName", R"PY(
import socket
socket.sethostname("x")
)PY",
     End::kRejected},
    {"FillsTheDisk", R"PY(
n = 0
while True:
  open("/tmp/%d" % n, "wb").write(b"x" * (1 << 20))
  n += 1
)PY",
     End::kRejected},
    {"MakesAHugeFile", R"PY(
open("/tmp/x", "wb").truncate(10 << 30)
)PY",
     End::kRejected},
    {"OpensEveryDescriptor", R"PY(
keep = []
while True: keep.append(open("/dev/null"))
)PY",
     End::kRejected},
    {"AllocatesTenGigabytes", R"PY(
x = bytearray(10 << 30)
)PY",
     End::kMemory},
    {"AllocatesInACall", R"PY(
def f(x): return [0] * (10 << 28)
)PY",
     End::kMemory},
    {"GrowsForever", R"PY(
x = []
while True: x.append(bytearray(1 << 20))
)PY",
     End::kMemory},
    {"MapsTenGigabytes", R"PY(
import mmap
mmap.mmap(-1, 10 << 30)
)PY",
     End::kRejected},
    {"ChildrenShareTheAllocation", R"PY(
import os, time
for _ in range(8):
  if os.fork() == 0:
    x = bytearray(b"x" * (60 << 20))
    time.sleep(1000)
time.sleep(1000)
)PY",
     End::kMemory},
    {"IsNoPython", R"PY(
this is no python
)PY",
     End::kRejected},
    {"HoldsANul", R"PY(
x = "\x00"
raise ValueError("\0")
)PY",
     End::kRejected},
    {"NestsTooDeep", R"PY(
("(" * 100000) and exec("(" * 100000)
)PY",
     End::kRejected},
    {"RecursesBeyondTheStack", R"PY(
import sys
sys.setrecursionlimit(10 ** 9)
x = []
for _ in range(10 ** 6): x = [x]
repr(x)
)PY",
     End::kCrash},
    {"RecursesForever", R"PY(
def f(x): return f(x)
)PY",
     End::kJudged},
};

}  // namespace

std::span<const HostileProgram> HostilePrograms() { return kPrograms; }

ProgramJob JobOf(const HostileProgram& hostile) {
  ProgramJob job;
  job.program = std::string(kAttempt) + hostile.program;
  job.tests = hostile.tests != nullptr ? hostile.tests : kHostileTests;
  job.entry = "f";
  job.objects = hostile.objects;
  return job;
}

}  // namespace mdrl
