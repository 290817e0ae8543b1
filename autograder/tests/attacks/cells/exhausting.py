"""Exhausting: processes, memory, disk, output, and answers that are large, cyclic, colliding, deep, slow or sparse."""

from .attack import MACHINE, POINTS, SOLVED, Attack
from .forging import FRAMES, UNCHANGED

ANSWER = "def batchnorm_train(x, gamma, beta, eps):\n"

ATTACKS = (
    Attack("forks", "start processes without end", "while True:\n    with contextlib.suppress(OSError): os.fork()", MACHINE),
    Attack(
        "fork-bomb",
        "have a shell start processes without end",
        "!bomb() { bomb | bomb & }; bomb 2>/dev/null",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "threads",
        "start threads without end",
        "threading.stack_size(65536)\n"
        "while True:\n    threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "memory",
        "take all memory in one process",
        "hold = []\nwhile True:\n    hold.append(np.ones(1 << 22))",
        MACHINE,
        harms_itself=True,  # what it holds is missing when its own functions are called
    ),
    Attack(
        "memory-in-many",
        "take all memory in many processes",
        "for _ in range(12):\n"
        "    if os.fork() == 0:\n        hold = np.ones(12 << 20)\n        time.sleep(99)\n"
        "time.sleep(1)\n" + "hold = np.ones(12 << 20)\n" + "time.sleep(99)",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "stack",
        "overflow the interpreter's stack",
        "sys.setrecursionlimit(1 << 30)\nf = lambda: f()\nf()",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "processors",
        "keep all processors busy",
        "for _ in range(6):\n    if os.fork() == 0:\n        signal.alarm(0)\n        while True: pass\n"
        "while True: pass",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "disk",
        "fill the disk",
        "for k in range(10_000):\n"
        "    with open(f'file{k}', 'wb') as file:\n        for _ in range(9): file.write(bytes(1 << 20))",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "file",
        "write one file without end",
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with open('file', 'wb') as file:\n    while True: file.write(bytes(1 << 20))",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "inodes",
        "use up the inodes, and nest folders deeper than paths can name",
        "for k in range(2000):\n    os.mkdir('d' * 200)\n    os.chdir('d' * 200)\n"
        "for k in range(10**6):\n    open(f'{k}', 'w').close()",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "shared-memory",
        "fill /dev/shm",
        "from multiprocessing import shared_memory\n"
        "hold = [shared_memory.SharedMemory(create=True, size=1 << 23) for _ in range(100)]\n"
        "for one in hold: one.buf[:] = bytes(1 << 23)",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "open-files",
        "use up files, pipes and what they buffer",
        "hold = []\nwhile True:\n    hold.append(os.pipe())\n    os.set_blocking(hold[-1][1], False)\n"
        "    os.write(hold[-1][1], bytes(1 << 16))",
        MACHINE,
        harms_itself=True,
    ),
    Attack("output", "print without end", "while True:\n    print('x' * 10_000)", MACHINE, harms_itself=True),
    Attack(
        "console",
        "print past Python without end",
        "while True:\n    os.write(1, b'x' * 10_000)\n    os.write(2, b'y' * 10_000)",
        MACHINE,
        harms_itself=True,
    ),
    Attack("command-output", "have a command print without end", "!yes", MACHINE, harms_itself=True),
    Attack(
        "displays",
        "display without end",
        "handle = display('x', display_id=True)\n"
        "while True:\n    handle.update('y' * 1000)\n    display({'text/html': 'x' * 1000}, raw=True)",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "traceback",
        "raise an error as long as a book",
        "raise type('E' * 100_000, (Exception,), {})('x' * (1 << 26))",
        MACHINE,
        harms_itself=True,
    ),
    Attack("endless-cell", "never end", "while True:\n    try: time.sleep(99)\n    except BaseException: pass", MACHINE),
    Attack(
        "stopped",
        "stand still where no signal of time is heard",
        "for number in range(1, 32):\n    with contextlib.suppress(OSError): signal.signal(number, signal.SIG_IGN)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)",
        MACHINE,
    ),
    Attack("big-integer", "compute in one instruction for ever", "10 ** 10 ** 10", MACHINE),
    # Answers
    Attack("slow-answers", "let the judge wait", ANSWER + "    time.sleep(99)", POINTS, is_answer=True),
    Attack(
        "slow-frames",
        "send an answer byte by byte",
        FRAMES + ANSWER + "    answer = frame({'kind': 'done', 'value': 'x' * 10_000, 'changes': []})\n"
        "    for byte in answer:\n        os.write(3, bytes([byte]))\n        time.sleep(0.01)",
        POINTS,
        is_answer=True,
        harms_itself=True,
    ),
    Attack(
        "huge-answer",
        "answer with more than the judge can hold",
        ANSWER + "    return np.zeros(1 << 27, 'i1')",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "sparse-answer",
        "answer with an array of a thousand million numbers that takes eight bytes",
        ANSWER + "    return np.lib.stride_tricks.as_strided(np.zeros(1), (10**9, 10**9), (0, 0))",
        POINTS,
        is_answer=True,
        harms_itself=True,
    ),
    Attack(
        "sparse-frame",
        "claim a shape that is large and empty",
        FRAMES + "import msgpack\n\n" + ANSWER
        + "    for shape in ([2**47, 0], [2**40, 2**40, 0], [10**9, 10**9], [-1, -8], [0] * 64, [2**63]):\n"
        "        array = msgpack.ExtType(1, msgpack.packb(('<f8', shape, None, None, True, b'')))\n"
        "        os.write(3, frame({'kind': 'done', 'value': array, 'changes': []}))\n"
        "    time.sleep(99)",
        POINTS,
        is_answer=True,
        harms_itself=True,
    ),
    Attack(
        "cyclic-answer",
        "answer with a list that holds itself",
        ANSWER + "    answer = []\n    answer += [answer, {'a': answer}]\n    return answer",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "wide-answer",
        "answer with a small object that unfolds to a thousand million",
        ANSWER + "    answer = [0] * 100\n    for _ in range(5): answer = [answer] * 100\n    return answer",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "deep-answer",
        "answer with a tuple in a tuple in a tuple",
        ANSWER + "    answer = ()\n    for _ in range(100_000): answer = (answer,)\n    return answer",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "deep-frame",
        "send a frame that is nested too deep",
        ANSWER + "    for byte in (b'\\x91', b'\\x81\\xa1a', b'\\xc7\\x01\\x02\\x90'):\n"
        "        tree = byte * 100_000\n        os.write(3, struct.pack('<II', len(tree), 0) + tree)\n"
        "    time.sleep(99)",
        POINTS,
        is_answer=True,
        harms_itself=True,
    ),
    Attack(
        "colliding-answer",
        "answer with a dictionary whose keys have one hash",
        ANSWER + "    return {k * (2**61 - 1): 0 for k in range(3000)}",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "colliding-frame",
        "send such a dictionary past the sandbox's own code",
        FRAMES + "import msgpack\n\n" + ANSWER
        + "    pairs = [part for k in range(1, 5) for part in (float(2 ** (k % 60)), 0)] * 10_000\n"
        "    plain = b'\\xdf' + struct.pack('>I', 60_000) + b''.join(\n"
        "        msgpack.packb(k * (2**61 - 1)) + b'\\x00' for k in range(60_000) if k < 8) + bytes(120_000)\n"
        "    os.write(3, frame({'kind': 'done', 'value': msgpack.ExtType(7, msgpack.packb(pairs)), 'changes': []}))\n"
        "    os.write(3, struct.pack('<II', len(plain), 0) + plain)\n    time.sleep(99)",
        POINTS,
        is_answer=True,
        harms_itself=True,
    ),
    Attack(
        "many-objects",
        "have the judge keep more objects than it can count",
        ANSWER + "    return [object() for _ in range(1_000_000)]",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "growing-arguments",
        "let what was handed in grow",
        ANSWER + "    x.resize((1 << 24,), refcheck=False)\n    return np.zeros((6, 7))",
        POINTS,
        is_answer=True,
        earns=SOLVED + UNCHANGED,
        harms_itself=True,
    ),
    Attack(
        "own-end",
        "end the process in a call",
        ANSWER + "    ctypes.string_at(0) if gamma[0] == 1 else os._exit(0)",
        POINTS,
        is_answer=True,
    ),
)  # fmt: skip
