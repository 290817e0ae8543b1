"""Reading answers: from files, memory, environment, /proc, imports, links, frames."""

from .attack import SAID, SECRET, Attack, ptrace_is_free

SEARCH_MEMORY = r"""
def secrets_in(memory, maps):
    wanted = re.compile(rb"SECRET-[0-9a-f]{24}|test_batchnorm_train__[a-z_]+\(student, reference")
    for line in maps.splitlines():
        area, rights, *rest = line.split()
        start, end = (int(number, 16) for number in area.split("-"))
        if "r" in rights and end - start < 1 << 26 and not rest[-1].startswith(("[v", "/usr")):
            try:
                memory.seek(start)
                for found in wanted.findall(memory.read(end - start)):
                    print(found, flush=True)
            except (OSError, ValueError, OverflowError):
                pass
"""

ATTACKS = (
    Attack("file", "read a file of the course folder", "tries(lambda: read(SECRET))", SECRET, without_walls=True),
    Attack("shell", "read it with a command", "!cat $SECRET", SECRET, without_walls=True),
    Attack(
        "python-error",
        "have an interpreter's error message quote it",
        "!python $SECRET 2>&1; bash $SECRET 2>&1; awk -f $SECRET 2>&1",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "ipython",
        "have IPython read it",
        "tries(lambda: get_ipython().find_user_code(SECRET), lambda: get_ipython().run_line_magic('pycat', SECRET),\n"
        "      lambda: get_ipython().run_line_magic('load', SECRET))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "symbolic-link",
        "reach it through a link",
        "tries(lambda: os.symlink(SECRET, 'link'), lambda: read('link'), lambda: os.symlink(COURSE, 'course'),\n"
        "      lambda: read('course/' + os.path.basename(SECRET)))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "hard-link",
        "make it a file of one's own",
        "tries(lambda: os.link(SECRET, 'mine'), lambda: read('mine'), lambda: os.rename(SECRET, 'mine'),\n"
        "      lambda: read('mine'))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "roots",
        "reach it through the root and the folder of another process",
        "for process in ('self', 1, os.getppid(), JUDGE, CANARY):\n"
        "    tries(lambda: read(f'/proc/{process}/root{SECRET}'), lambda: read(f'/proc/{process}/cwd{SECRET}'),\n"
        "          lambda: read(f'/proc/{process}/cwd/../../../../../..{SECRET}'))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "path-handle",
        "open it without rights, then anew with rights",
        "tries(lambda: read(f'/proc/self/fd/{os.open(SECRET, os.O_PATH)}'),\n"
        "      lambda: read('/dev/fd/%d' % os.open(SECRET, os.O_PATH)),\n"
        "      lambda: os.read(os.open(os.path.basename(SECRET), 0, dir_fd=os.open(COURSE, os.O_PATH)), 99))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "numpy",
        "have NumPy read it",
        "tries(lambda: np.fromfile(SECRET, 'u1').tobytes(), lambda: bytes(np.memmap(SECRET, 'u1', 'r')),\n"
        "      lambda: np.genfromtxt(SECRET, dtype=str))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "handle-by-number",
        "open it by the number of its inode",
        "handle = ctypes.create_string_buffer(struct.pack('IiQ', 8, 1, os.stat(COURSE).st_ino) + bytes(120))\n"
        "if call('open_by_handle_at', os.open('.', 0), handle, 0) >= 0: reached()",
        SAID,
    ),
    Attack(
        "list-course",
        "see who has handed in",
        "works(lambda: os.listdir(COURSE)), works(lambda: glob.os.scandir(COURSE + '/submitted'))",
        SAID,
        without_walls=True,
    ),
    Attack("hidden-cases", "read the hidden cases", "tries(lambda: read(CASES, 60000))", SECRET, without_walls=True),
    Attack(
        "hidden-cases-import",
        "import the hidden cases",
        "import importlib, inspect\nsys.path.insert(0, HIDDEN)\n"
        "tries(lambda: inspect.getsource(importlib.import_module('test_01_forward')),\n"
        "      lambda: sys.path.insert(0, os.path.dirname(HIDDEN)),\n"
        "      lambda: inspect.getsource(importlib.import_module('hidden.inputs')))\n"
        "import linecache; print(*linecache.getlines(CASES))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "hidden-cases-git",
        "take the hidden cases from the repository's history",
        "print(sh(f'git -c safe.directory=* -C {CHECKOUT} show HEAD:autograder/hidden/test_01_forward.py'))",
        SECRET,
    ),
    Attack(
        "reference-import",
        "import the reference",
        "import importlib, importlib.metadata, inspect\n"
        "sys.path += [os.path.dirname(os.path.dirname(REFERENCE)), CHECKOUT]\n"
        "tries(lambda: inspect.getsource(importlib.import_module('bnlab_solutions.forward')),\n"
        "      lambda: inspect.getsource(importlib.import_module('bnlab_autograder.grading.cases')),\n"
        "      lambda: [file.read_text() for file in importlib.metadata.files('bnlab-staff')\n"
        "               if 'forward' in file.name])",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "reference-installed",
        "find the reference wherever packages are installed",
        "for folder in {*sys.path, *glob.glob(sys.prefix + '/lib/python*/site-packages'), sys.base_prefix}:\n"
        "    for path in glob.glob(f'{folder}/**/bnlab_*/**/*forward*', recursive=True):\n"
        "        tries(lambda: read(path, 60000))",
        SECRET,
    ),
    Attack(
        "reference-loaded",
        "find the reference or a secret among all objects and modules",
        "import inspect\n"
        "for module in list(sys.modules.values()):\n"
        "    if 'solutions' in str(getattr(module, '__name__', '')) or 'hidden' in str(getattr(module, '__file__', '')):\n"
        "        tries(lambda: inspect.getsource(module))\n"
        "for thing in gc.get_objects():\n"
        "    if type(thing) is dict:\n"
        "        tries(*(lambda v=v: v for v in list(thing.values()) if type(v) is str and v.startswith('SEC' 'RET-')))",
        SECRET,
    ),
    Attack(
        "walk",
        "search the machine for it",
        "for top in ('/', '/work', '/home', '/root', '/srv', '/tmp', '/var/tmp', '/etc', '/run', '/mnt', '/opt', CHECKOUT):\n"
        "    for pattern in ('*', '*/*', '*/*/*'):\n"
        "        for path in glob.glob(os.path.join(glob.escape(top), pattern))[:3000]:\n"
        "            if path.endswith(('.ipynb', 'secret', 'secret.txt', '.db', 'test_01_forward.py')):\n"
        "                tries(lambda: read(path, 60000))",
        SECRET,
    ),
    Attack(
        "other-submission",
        "read what another student has handed in",
        "tries(lambda: read(VICTIM, 60000))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "gradebook",
        "read the gradebook",
        "tries(lambda: read(GRADEBOOK, 1 << 19), lambda: list(sqlite3.connect(f'file:{GRADEBOOK}?mode=ro', uri=True)\n"
        "      .execute('select * from student')))",
        SECRET,
        without_walls=True,
    ),
    Attack("environment", "read one's own environment", "print(os.environ, read('/proc/self/environ'))", SECRET),
    Attack(
        "environments",
        "read the environment of the judge and of everybody else",
        "for process in (JUDGE, CANARY, os.getppid(), 1, *filter(str.isdigit, os.listdir('/proc'))):\n"
        "    tries(lambda: read(f'/proc/{process}/environ', 60000), lambda: read(f'/proc/{process}/cmdline'))",
        SECRET,
        without_walls=True,
    ),
    Attack(
        "own-memory",
        "find a secret in the memory that the fork has left",
        SEARCH_MEMORY + "secrets_in(open('/proc/self/mem', 'rb', 0), open('/proc/self/maps').read())",
        SECRET,
    ),
    Attack(
        "memory-of-others",
        "search the memory of another process",
        SEARCH_MEMORY + "for process in (CANARY, JUDGE, os.getppid()):\n"
        "    tries(lambda: secrets_in(open(f'/proc/{process}/mem', 'rb', 0), open(f'/proc/{process}/maps').read()))",
        SECRET,
        without_walls=ptrace_is_free(),
    ),
    Attack(
        "open-files-of-others",
        "open what the judge has open",
        "for process in (JUDGE, CANARY, os.getppid(), 1):\n"
        "    for n in range(3):\n        works(lambda: os.open(f'/proc/{process}/fd/{n}', os.O_RDONLY | os.O_NONBLOCK))",
        SAID,
        without_walls=ptrace_is_free(),
    ),
    Attack(
        "own-open-files",
        "read from every file that was left open",
        "for name in os.listdir('/proc/self/fd'):\n"
        "    if int(name) > 4:\n"
        "        tries(lambda: os.pread(int(name), 60000, 0), lambda: os.readlink(f'/proc/self/fd/{name}'))\n"
        "tries(lambda: sys.stdin.read(), lambda: os.read(0, 99), input)",
        SECRET,
    ),
    Attack(
        "frames",
        "look for answers in the frames above a call",
        "def batchnorm_train(x, gamma, beta, eps):\n"
        "    frame, seen = sys._getframe(), []\n"
        "    while frame:\n"
        "        seen += [*frame.f_locals.items(), *frame.f_globals.items()]\n"
        "        frame = frame.f_back\n"
        "    answers = [v for _, v in seen if isinstance(v, np.ndarray) and v.shape == x.shape and v is not x]\n"
        "    wanted = [v for k, v in seen if k in ('reference', 'want', 'expected')]\n"
        "    raise ValueError(f'{wanted}')",
        SECRET,
        is_answer=True,
    ),
    Attack(
        "raw-disks",
        "read memory, disks and the kernel's log directly",
        "for path in ('/dev/mem', '/dev/kmem', '/proc/kcore', '/proc/kmsg', '/dev/kmsg', *glob.glob('/dev/[svn]d*'),\n"
        "             *glob.glob('/sys/kernel/security/*'), '/proc/self/pagemap/../../1/pagemap'):\n"
        "    works(lambda: os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1))",
        SAID,
    ),
    Attack(
        "watch-folders",
        "be told when the judge opens files",
        "watcher = call('inotify_init1', 0)\n"
        "for path in (COURSE, SECRET, HIDDEN, VICTIM):\n"
        "    if call('inotify_add_watch', watcher, ctypes.c_char_p(path.encode()), 0xFFF) >= 0: reached()",
        SAID,
        without_walls=True,
    ),
    Attack(
        "neighbours",
        "read the folders of other sandboxes",
        "works(lambda: os.listdir(ZYGOTES))\n"
        "for folder in glob.glob(ZYGOTES + '/sandbox-*/*/work'):\n"
        "    if not os.path.samefile(folder, '.'): works(lambda: os.listdir(folder))",
        SAID,
        without_walls=True,
    ),
    Attack(
        "host",
        "learn about the machine and its users",
        "for path in ('/etc/passwd', '/etc/shadow', '/etc/hostname', '/etc/machine-id', '/home', '/var/log'):\n"
        "    works(lambda: os.listdir(path) if os.path.isdir(path) else read(path, 1))",
        SAID,
        without_walls=True,
    ),
)  # fmt: skip
