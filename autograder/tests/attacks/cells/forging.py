"""Forging points: hooks, transformers, patched libraries, odd objects, forged frames and outputs, borrowed excuses."""

from .attack import CHANGED, MACHINE, PAGE, POINTS, SECRET, SOLVED, Attack

FRAMES = """
def frame(message, segments=()):
    import msgpack
    tree = msgpack.packb(message, use_bin_type=True)
    lengths = struct.pack(f'<{len(segments)}Q', *map(len, segments))
    return struct.pack('<II', len(tree), len(segments)) + lengths + tree + b''.join(segments)
"""

UNCHANGED = 0.25  # an answer of the right shape that leaves the input alone earns this case, and rightly so

ATTACKS = (
    Attack("float", "display points", "display(12.0)\nprint(12.0)\n12.0", POINTS),
    Attack(
        "input-transformer",
        "replace the cells that follow by points",
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['12.0'])\n"
        "get_ipython().input_transformers_post.append(lambda lines: ['pass'])",
        POINTS,
        harms_itself=True,
    ),
    Attack(
        "tree-transformer",
        "empty the cells that follow",
        "import ast\n\nclass Empty(ast.NodeTransformer):\n    def visit_Module(self, node):\n"
        "        return ast.Module([ast.Expr(ast.Constant(12.0))], [])\n\n"
        "get_ipython().ast_transformers.append(Empty())",
        POINTS,
        harms_itself=True,
    ),
    Attack(
        "events",
        "display points before and after each cell",
        "for event in ('pre_run_cell', 'post_run_cell', 'pre_execute', 'post_execute'):\n"
        "    get_ipython().events.register(event, lambda *_: display(12.0))",
        POINTS,
    ),
    Attack(
        "shell",
        "have every cell succeed without running",
        "from types import SimpleNamespace\n"
        "done = SimpleNamespace(success=True, error_before_exec=None, error_in_exec=None, result=12.0)\n"
        "get_ipython().run_cell = lambda *_, **__: done",
        POINTS,
        harms_itself=True,
    ),
    Attack(
        "checks",
        "have the visible checks pass",
        "import bnlab, bnlab.checks\nbnlab.check = bnlab.checks.check = check = lambda *_, **__: 12.0\n"
        "for module in list(sys.modules.values()):\n"
        "    if 'bnlab' in getattr(module, '__name__', ''): module.check = check",
        POINTS,
    ),
    Attack(
        "numpy",
        "have NumPy find everything equal and finite",
        "np.testing.assert_allclose = np.testing.assert_array_equal = lambda *_, **__: None\n"
        "np.allclose = np.isclose = np.array_equal = np.isfinite = np.all = lambda *_, **__: True\n"
        "np.abs = np.subtract = np.max = lambda *_, **__: 0.0\n"
        "sys.modules['numpy'].ndarray.__doc__",
        POINTS,
        harms_itself=True,
    ),
    Attack(
        "builtins",
        "have Python find everything equal and of the right type",
        "import builtins\n"
        "builtins.isinstance = builtins.all = builtins.any = builtins.callable = lambda *_: True\n"
        "builtins.abs = builtins.max = builtins.len = lambda *_: 0",
        POINTS,
        harms_itself=True,
    ),
    Attack(
        "sandbox-modules",
        "patch the sandbox's own modules in the student's process",
        "for name, module in list(sys.modules.items()):\n"
        "    if name.startswith('sandbox'):\n"
        "        for key, value in list(vars(module).items()):\n"
        "            if key in ('_same', '_is_number', '_require', '_bytes_equal'):\n"
        "                setattr(module, key, lambda *_: True)",
        POINTS,
        harms_itself=True,
    ),
    Attack(
        "equals-anything",
        "answer with an object that equals anything",
        "class Equal:\n"
        "    shape, dtype, ndim, size = (6, 7), np.dtype(float), 2, 42\n"
        "    __eq__ = __lt__ = __le__ = __ge__ = __gt__ = lambda self, other: True\n"
        "    __sub__ = __rsub__ = __abs__ = __mul__ = __getitem__ = astype = max = lambda self, *_: self\n"
        "    __array_priority__ = 1e9\n"
        "    def __array__(self, *_, **__): return np.zeros((6, 7))\n"
        "    def __array_ufunc__(self, *_, **__): return self\n"
        "    def __array_function__(self, *_, **__): return True\n"
        "    def __bool__(self): return True\n"
        "    def __float__(self): return 0.0\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    return Equal()",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "array-subclass",
        "answer with an array whose arithmetic lies",
        "class Liar(np.ndarray):\n"
        "    def __array_ufunc__(self, ufunc, method, *inputs, **_): return np.zeros(self.shape, bool) | True\n"
        "    def __array_function__(self, *_, **__): return True\n"
        "    def __sub__(self, other): return np.zeros(self.shape)\n"
        "    __rsub__ = __sub__\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    return np.zeros(x.shape).view(Liar)",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "masked-array",
        "answer with an array in which nothing counts",
        "def batchnorm_train(x, gamma, beta, eps):\n    return np.ma.masked_all(x.shape)",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "array-of-objects",
        "answer with an array of objects that equal anything",
        "class Any:\n    __eq__ = __le__ = lambda *_: True\n    __sub__ = __rsub__ = __abs__ = lambda self, *_: self\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n"
        "    return np.array([[Any()] * x.shape[1]] * x.shape[0], object)",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "not-a-number",
        "answer with what compares as false",
        "def batchnorm_train(x, gamma, beta, eps):\n    return np.full(x.shape, np.nan)",
        POINTS,
        is_answer=True,
        earns=SOLVED + UNCHANGED,
    ),
    Attack(
        "infinite",
        "answer with infinity",
        "def batchnorm_train(x, gamma, beta, eps):\n    return np.full(x.shape, -np.inf)",
        POINTS,
        is_answer=True,
        earns=SOLVED + UNCHANGED,
    ),
    Attack(
        "true",
        "answer with True",
        "def batchnorm_train(x, gamma, beta, eps):\n    return np.ones(x.shape, bool) if x.sum() > 0 else True",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "empty",
        "answer with arrays in which there is nothing to compare",
        "def batchnorm_train(x, gamma, beta, eps):\n    return np.zeros((0, x.shape[1]))",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "changed-arguments",
        "change what was handed in so that the right answer is known",
        "def batchnorm_train(x, gamma, beta, eps):\n"
        "    for array in (x, gamma, beta):\n        array[...] = 0\n"
        "    return np.zeros(x.shape)",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "reshaped-arguments",
        "give the judge's arrays another shape",
        "def batchnorm_train(x, gamma, beta, eps):\n"
        "    x.shape = (x.size, 1)\n    gamma.shape = (gamma.size, 1)\n    beta *= 0\n    return x",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "borrowed-excuse",
        "redefine the helper, after it was judged, such that it explains a wrong answer",
        "def batch_statistics(x):\n    return x.astype(float), np.ones(x.shape[1])\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    return np.zeros(x.shape) + beta",
        POINTS,
        is_answer=True,
        earns=SOLVED + UNCHANGED + 0.75,  # no_spread: a constant feature gives beta
    ),
    Attack(
        "borrowed-error",
        "redefine the helper such that it explains an error",
        "def batch_statistics(x):\n    raise ArithmeticError\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    raise ArithmeticError",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "helper-with-memory",
        "have the helper lie only once the function has been called",
        "right, called = batch_statistics, []\n\n"
        "def batch_statistics(x):\n"
        "    return (x.astype(float), np.ones(x.shape[1])) if called else right(x)\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    called.append(1)\n    return np.zeros(x.shape) + beta",
        POINTS,
        is_answer=True,
        earns=SOLVED + UNCHANGED + 0.75,
    ),
    Attack(
        "worthless-helper",
        "break the helper so that every wrong answer follows from it, at the price of some of its points",
        "def worthless(x):\n    return x.mean(axis=0), np.full(x.shape[1], 1e300)\n\n"
        "def beta_alone(x, gamma, beta, eps):\n    return np.zeros(x.shape) + beta\n\n"
        "get_ipython().events.register(\n"
        "    'post_run_cell', lambda _: globals().update(batch_statistics=worthless, batchnorm_train=beta_alone))",
        POINTS,
        earns=2.0 + UNCHANGED + 0.75,  # a helper with the right mean alone; no_spread
    ),
    Attack(
        "not-a-number-excused",
        "have the helper explain an answer in which there is no number",
        "get_ipython().events.register('post_run_cell', lambda _: globals().update(\n"
        "    batch_statistics=lambda x: (x.mean(axis=0), np.full(x.shape[1], np.nan)),\n"
        "    batchnorm_train=lambda x, gamma, beta, eps: np.full(x.shape, np.nan)))",
        POINTS,
        earns=SOLVED,
        harms_itself=True,
    ),
    Attack(
        "late-end",
        "end the process while nothing is asked of it",
        "for k in range(1, 40):\n    threading.Timer(0.03 * k, os._exit, [0]).start()",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "forged-answer",
        "send answers before being asked",
        FRAMES + "def batchnorm_train(x, gamma, beta, eps):\n"
        "    for file in (3, 4):\n"
        "        try: os.write(file, frame({'kind': 'done', 'value': 1.0, 'changes': []}) * 3)\n"
        "        except OSError: pass\n"
        "    return np.zeros(x.shape)",
        POINTS,
        is_answer=True,
        earns=SOLVED + UNCHANGED,
        harms_itself=True,
    ),
    Attack(
        "forged-changes",
        "claim changes of arguments that the judge does not expect",
        FRAMES + "import msgpack\n\ndef batchnorm_train(x, gamma, beta, eps):\n"
        "    zero = msgpack.ExtType(1, msgpack.packb(('<f8', [1], None, None, True, bytes(8))))\n"
        "    for changes in ([[0, zero], [99, 1]], [[-1, {}]], [['x', []]], 7):\n"
        "        os.write(3, frame({'kind': 'done', 'value': 0.0, 'changes': changes}))\n"
        "    time.sleep(5)",
        POINTS,
        is_answer=True,
        harms_itself=True,
    ),
    Attack(
        "forged-requests",
        "have the judge call its own functions, and give objects away",
        FRAMES + "import msgpack\n\ndef batchnorm_train(x, gamma, beta, eps):\n"
        "    for number in (0, -1, 10**6, None, 'reference'):\n"
        "        os.write(3, frame({'kind': 'callback', 'number': number, 'arguments': [], 'named': {}}))\n"
        "    for code in (5, 8, 9, 77):\n"
        "        os.write(3, frame({'kind': 'done', 'value': msgpack.ExtType(code, msgpack.packb((0, 'Judge')))}))\n"
        "    return np.zeros(x.shape)",
        POINTS,
        is_answer=True,
        harms_itself=True,
    ),
    Attack(
        "garbage-frames",
        "confuse the judge's reader",
        "os.write(3, os.urandom(4096)), os.write(3, b'\\xff' * 64)",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "huge-frame",
        "have the judge set memory aside",
        "os.write(3, struct.pack('<II', 1 << 31, 4000))\nos.write(3, struct.pack('<IIQ', 9, 1, 1 << 62))",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "forged-handles",
        "answer with handles of objects that were never handed out",
        "class Odd:\n    def __getattr__(self, name): return self\n    def __call__(self, *_, **__): return True\n"
        "    shape = property(lambda self: (6, 7))\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    return Odd()",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "exceptions",
        "end a case by exceptions that the judge could take for its own",
        "kinds = iter([KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration, AssertionError,\n"
        "              type('Skipped', (BaseException,), {}), type('Exit', (Exception,), {'returncode': 0}),\n"
        "              type('Mismatch', (AssertionError,), {})] * 9)\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    raise next(kinds)",
        POINTS,
        is_answer=True,
    ),
    Attack(
        "exception-that-lies",
        "be called an unfinished exercise of somebody else, at any length",
        "class Odd(Exception):\n    def __str__(self): return '<script>' + TOKEN + '</script>' + '\\x1b[2J' * 99999\n"
        "Odd.__name__ = Odd.__qualname__ = '<img src=x onerror=alert(1)>' * 99\n\n"
        "def batchnorm_train(x, gamma, beta, eps):\n    raise Odd",
        PAGE,
        is_answer=True,
    ),
    Attack(
        "state",
        "answer differently each time, by a count on disk",
        "def batchnorm_train(x, gamma, beta, eps):\n"
        "    with open('count', 'a+') as file:\n        file.write('x')\n        k = file.tell()\n"
        "    return [np.zeros(x.shape), x, x * 0 + beta, None][k % 4]",
        POINTS,
        is_answer=True,
        earns=SOLVED + UNCHANGED + 0.75,
        harms_itself=True,
    ),
    Attack(
        "forged-panel",
        "show a panel that says that all is well",
        "from IPython.display import HTML\n"
        "display(HTML('<div class=\"bnlab\">batchnorm_train: 8 of 8 points</div>'),\n"
        "        metadata={'bnlab': 'hidden cases', 'nbgrader': {'points': 12, 'grade': True}})",
        POINTS,
    ),
    Attack(
        "invalid-outputs",
        "send outputs that no notebook may hold",
        "shell = get_ipython()\n"
        "tries(*(lambda f=f: f() for f in (\n"
        "    lambda: shell.display_pub.publish({'text/plain': 7, '': None, 'x' * 9999: 'y'}),\n"
        "    lambda: shell.display_pub.publish({'application/json': {'a': float('nan')}}),\n"
        "    lambda: shell.display_pub.publish({'text/plain': 'a'}, {'b': float('inf')}),\n"
        "    lambda: shell.display_pub.publish({'text/plain': '\\ud800 \\x00'}, {'\\ud800': 1}),\n"
        "    lambda: shell.display_pub.publish({'text/plain': 'c'}, transient={'display_id': [1]}),\n"
        "    lambda: print('\\ud800\\x00\\x1b[2J'), lambda: sys.stdout.write('\\r' * 999))))",
        MACHINE,
        harms_itself=True,
    ),
    Attack(
        "script",
        "run a script in the browser of whoever looks at the graded notebook",
        "from IPython.display import HTML, Javascript, Markdown, SVG\n"
        "display(HTML(f'<script>{TOKEN}</script><img src=x onerror=\"{TOKEN}\">'), Javascript(f'\"{TOKEN}\"'),\n"
        "        Markdown(f'<script>{TOKEN}</script>'), SVG(f'<svg xmlns=\"http://www.w3.org/2000/svg\">'\n"
        "        f'<script>{TOKEN}</script></svg>'))",
        PAGE,
    ),
    Attack(
        "gradebook",
        "write points into the gradebook",
        "tries(lambda: sqlite3.connect(GRADEBOOK).execute('update grade set manual_score = 12').connection.commit())",
        POINTS,
        without_walls=True,
    ),
    Attack(
        "results",
        "change what later runs rest on",
        "for path in (CASES, SECRET, COURSE + '/nbgrader_config.py', COURSE + '/release/01_forward/01_forward.ipynb'):\n"
        "    tries(lambda: open(path, 'ab').write(b' '), lambda: os.remove(path))",
        CHANGED,
        without_walls=True,
    ),
    Attack(
        "installed-packages",
        "change a package that the judge will import",
        "for path in (np.__file__, os.__file__, sys.modules['bnlab'].__file__, sys.executable):\n"
        "    tries(lambda: open(path, 'ab').write(b' '), lambda: os.remove(path))\n"
        "for folder in (*sys.path, os.path.dirname(np.__file__), os.path.expanduser('~'), '/tmp', '/dev/shm'):\n"
        "    tries(lambda: open(os.path.join(folder, 'sitecustomize.py'), 'w').write('raise SystemExit'),\n"
        "          lambda: open(os.path.join(folder, 'numpy.py'), 'w').write('raise SystemExit'))",
        CHANGED,
    ),
    Attack(
        "fork-server",
        "leave something for the next submission in what the fork-server shares",
        "import matplotlib, site\n"
        "for folder in {os.path.expanduser('~'), matplotlib.get_cachedir(), matplotlib.get_configdir(), site.USER_BASE,\n"
        "               os.environ.get('TMPDIR'), '/dev/shm', '/tmp', '/var/tmp', ZYGOTES, *glob.glob(ZYGOTES + '/*')}:\n"
        "    tries(lambda: open(os.path.join(folder, TOKEN), 'w').write('x'),\n"
        "          lambda: os.makedirs(os.path.join(folder, TOKEN + '-folder')))\n"
        "import builtins\nnp.float64.poison = builtins.poison = TOKEN",
        CHANGED,
    ),
    Attack(
        "echo",
        "have the report show what the judge knows",
        "def batchnorm_train(x, gamma, beta, eps):\n"
        "    import traceback\n    raise ValueError(''.join(traceback.format_stack())[-280:] + str(globals().keys()))",
        SECRET,
        is_answer=True,
    ),
)  # fmt: skip
