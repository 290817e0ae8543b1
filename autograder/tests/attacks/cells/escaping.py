"""Escaping: namespaces, other processes, sockets, rights, files through Landlock's gaps, the kernel's odder doors."""

from .attack import CHANGED, CONTACT, PROCESS, SAID, Attack, ptrace_is_free

NEW_USER, NEW_MOUNTS, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x00020000, 0x20000000, 0x40000000

ATTACKS = (
    # Namespaces and file systems
    Attack(
        "unshare",
        "become root of a namespace of one's own",
        f"for flags in ({NEW_USER}, {NEW_USER | NEW_MOUNTS}, {NEW_MOUNTS}, {NEW_PROCESSES}, {NEW_NETWORK}):\n"
        "    if call('unshare', flags) == 0: reached()\n"
        "print(sh('unshare --user --map-root-user echo $PPID && echo ' + TOKEN + ' reached'))",
        SAID,
    ),
    Attack(
        "clone",
        "start a process in namespaces of its own",
        "arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)\n"
        f"for start in (lambda: call('clone', {NEW_USER} | 17, 0, 0, 0, 0), lambda: call('clone3', arguments, 88)):\n"
        "    child = start()\n"
        "    if child == 0: os._exit(0)\n"
        "    if child > 0: reached()",
        SAID,
        without_walls=True,
    ),
    Attack(
        "enter-namespaces",
        "enter the namespaces of another process",
        "for path in glob.glob('/proc/[1-9]*/ns/*')[:400]:\n"
        "    with contextlib.suppress(OSError):\n"
        "        mine = os.readlink('/proc/self/ns/' + os.path.basename(path))\n"
        "        if os.readlink(path) != mine and call('setns', os.open(path, 0), 0) == 0: reached()",
        SAID,
    ),
    Attack(
        "mount",
        "mount something, or another root",
        "os.makedirs('here', exist_ok=True)\n"
        "b = lambda text: ctypes.c_char_p(text.encode())\n"
        "if call('mount', b('none'), b('here'), b('tmpfs'), 0, None) == 0: reached()\n"
        "if call('mount', b('/'), b('here'), None, 4096, None) == 0: reached()\n"
        "if call('umount2', b('/proc'), 2) == 0 or call('pivot_root', b('.'), b('here')) == 0: reached()\n"
        "if call('chroot', b('here')) == 0 or call('fsopen', b('tmpfs'), 0) >= 0: reached()\n"
        "if call('open_tree', -100, b('/'), 1) >= 0: reached()",
        SAID,
    ),
    Attack("devices", "make a device of the disk", "works(lambda: os.mknod('disk', 0o60600, os.makedev(254, 0)))", SAID),
    Attack(
        "kernel-settings",
        "change a setting of the kernel or of control groups",
        "for path in ('/proc/sys/vm/drop_caches', '/proc/sys/kernel/printk', *glob.glob('/sys/fs/cgroup/**/*.procs')[:9]):\n"
        "    works(lambda: os.open(path, os.O_WRONLY))",
        SAID,
    ),
    # Other processes
    Attack(
        "ptrace",
        "take another process over",
        "for process in (CANARY, JUDGE, os.getppid()):\n"
        "    for request in (16, 0x4206):\n"
        "        if call('ptrace', request, process, 0, 0) == 0: reached(); call('ptrace', 17, process, 0, 0)\n"
        "child = os.fork()\nif not child: time.sleep(9); os._exit(0)\n"
        "if call('ptrace', 16, child, 0, 0) == 0: reached()",
        SAID,
        without_walls=ptrace_is_free(),
    ),
    Attack(
        "process-memory",
        "read and write the memory of another process",
        "buffer = ctypes.create_string_buffer(64)\n"
        "local = struct.pack('QQ', ctypes.addressof(buffer), 64)\n"
        "for process in (CANARY, JUDGE, os.getppid()):\n"
        "    with contextlib.suppress(OSError):\n"
        "        for line in open(f'/proc/{process}/maps').read().splitlines()[:3]:\n"
        "            remote = struct.pack('QQ', int(line.split('-')[0], 16), 64)\n"
        "            if call('process_vm_readv', process, local, 1, remote, 1, 0) > 0: reached()\n"
        "    remote = struct.pack('QQ', id(type(CANARY)), 1)\n"
        "    for name in ('process_vm_readv', 'process_vm_writev'):\n"
        "        if call(name, process, local, 1, remote, 1, 0) > 0: reached()\n"
        "    if call('kcmp', process, os.getpid(), 0, 0, 0) >= 0: reached()",
        SAID,
        without_walls=ptrace_is_free(),
    ),
    Attack(
        "steal-files",
        "take open files from another process",
        "for process in (CANARY, JUDGE, os.getppid()):\n"
        "    handle = call('pidfd_open', process, 0)\n"
        "    if handle >= 0 and call('pidfd_getfd', handle, 0, 0) >= 0: reached()",
        SAID,
        without_walls=ptrace_is_free(),
    ),
    Attack(
        "kill",
        "end the judge and everybody else",
        "for process in (CANARY, JUDGE, os.getppid(), 1):\n"
        "    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):\n"
        "        tries(lambda: os.kill(process, number), lambda: os.killpg(os.getpgid(process), number),\n"
        "              lambda: signal.pidfd_send_signal(os.pidfd_open(process), number))",
        PROCESS,
        harms_itself=True,
    ),
    Attack(
        "kill-canary",
        "end another process of the same user",
        "call('tkill', CANARY, 0), call('tgkill', CANARY, CANARY, 0)\n"
        "info = struct.pack('iii', 10, 0, -1) + bytes(116)\n"
        "if call('rt_sigqueueinfo', CANARY, 0, info) == 0 or call('tkill', CANARY, 0) == 0: reached()\n"
        "tries(lambda: os.kill(CANARY, signal.SIGKILL))",
        PROCESS,
        without_walls=True,
    ),
    Attack(
        "kill-all",
        "end all processes that may be ended",
        "for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):\n    tries(lambda: os.kill(-1, number))\n"
        "tries(lambda: os.kill(0, signal.SIGKILL))",
        PROCESS,
        harms_itself=True,
    ),
    Attack(
        "signal-by-owner",
        "have the kernel send a signal to another process",
        "import fcntl\na, b = os.pipe()\n"
        "tries(lambda: fcntl.fcntl(a, 8, CANARY), lambda: fcntl.fcntl(a, 10, signal.SIGKILL))\n"
        "tries(lambda: fcntl.ioctl(a, 0x8901, struct.pack('i', CANARY)))\n"
        "tries(lambda: fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK))\nos.write(b, b'x')",
        PROCESS,
        without_walls=True,
    ),
    Attack(
        "limits-of-others",
        "take another process's limits, priority and processors away",
        "tries(lambda: resource.prlimit(CANARY, resource.RLIMIT_NOFILE, (5, 5)),\n"
        "      lambda: os.setpriority(os.PRIO_PROCESS, CANARY, 19), lambda: os.sched_setaffinity(CANARY, {0}),\n"
        "      lambda: os.sched_setscheduler(CANARY, os.SCHED_BATCH, os.sched_param(0)),\n"
        "      lambda: open(f'/proc/{CANARY}/oom_score_adj', 'w').write('1000'))",
        PROCESS,
        without_walls=True,
    ),
    Attack(
        "own-limits",
        "raise one's own limits",
        "for name in ('RLIMIT_AS', 'RLIMIT_NPROC', 'RLIMIT_CPU', 'RLIMIT_FSIZE', 'RLIMIT_NOFILE', 'RLIMIT_CORE'):\n"
        "    which = getattr(resource, name)\n"
        "    works(lambda: resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))\n"
        "    works(lambda: resource.setrlimit(which, (resource.getrlimit(which)[1] + 1,) * 2))",
        SAID,
    ),
    # Sockets
    Attack(
        "tcp",
        "reach a server on this machine",
        "import urllib.request\n"
        "tries(lambda: socket.create_connection(('127.0.0.1', TCP), 0.5), lambda: socket.create_connection(('::1', TCP6), 0.5),\n"
        "      lambda: urllib.request.urlopen(f'http://localhost:{TCP}/', timeout=0.5))",
        CONTACT,
        without_walls=True,
    ),
    Attack(
        "tcp-by-commands",
        "reach it with a command",
        "!timeout 1 bash -c 'echo x > /dev/tcp/127.0.0.1/$TCP' 2>&1\n"
        "!timeout 1 curl -s http://127.0.0.1:$TCP 2>&1; timeout 1 wget -qO- http://127.0.0.1:$TCP 2>&1",
        CONTACT,
        without_walls=True,
    ),
    Attack(
        "udp",
        "send a packet",
        "for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):\n"
        "    tries(lambda: socket.socket(family, socket.SOCK_DGRAM).sendto(b'x', (address, UDP)),\n"
        "          lambda: socket.socket(family, socket.SOCK_RAW, 17).sendto(b'x', (address, UDP)))",
        CONTACT,
        without_walls=True,
    ),
    Attack(
        "tcp-fast-open",
        "connect without connect",
        "s = None\ntries(lambda: socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', TCP)))",
        CONTACT,
    ),
    Attack(
        "unix-socket",
        "reach a service by its path",
        "for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):\n"
        "    tries(lambda: socket.socket(socket.AF_UNIX, kind).connect(UNIX))",
        CONTACT,
        without_walls=True,
    ),
    Attack(
        "abstract-socket",
        "reach a service by its name",
        "for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):\n"
        "    tries(lambda: socket.socket(socket.AF_UNIX, kind).connect('\\0' + ABSTRACT),\n"
        "          lambda: socket.socketpair(socket.AF_UNIX, kind)[0].sendto(b'x', '\\0' + ABSTRACT))",
        CONTACT,
        without_walls=True,
    ),
    Attack(
        "families",
        "open a socket of any family that leaves the sandbox",
        "for family in range(1, 47):\n"
        "    for kind in (1, 2, 3, 5):\n"
        "        if family != socket.AF_UNIX: works(lambda: socket.socket(family, kind))",
        SAID,
        without_walls=True,
    ),
    Attack(
        "other-call-numbers",
        "open a socket by the system calls of 32 bits and of x32",
        "import platform\n"
        "if platform.machine() == 'x86_64':\n"
        "    if libc.syscall(ctypes.c_long(0x40000000 | 41), 2, 1, 0) >= 0: reached()\n"
        "    if os.fork() == 0:\n"
        "        code = bytes.fromhex('b867010000' 'bb02000000' 'b901000000' 'ba00000000' 'cd80' 'c3')  # int 0x80\n"
        "        page = mmap.mmap(-1, 4096, prot=7)\n"
        "        page.write(b'\\x53' + code[:-1] + b'\\x5b\\xc3')\n"
        "        address = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "        if ctypes.CFUNCTYPE(ctypes.c_int)(address)() >= 0: open(TOKEN, 'w').close()\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "    if os.path.exists(TOKEN): reached()",
        SAID,
    ),
    # Rights
    Attack(
        "become-root",
        "become another user, or win capabilities",
        "for uid in (0, 1, 65534):\n"
        "    if uid != os.getuid():\n"
        "        works(lambda: os.setuid(uid)), works(lambda: os.setresuid(uid, uid, uid)), works(lambda: os.setresgid(uid, uid, uid))\n"
        "works(lambda: os.setgroups([0, 27]))\n"
        "header, all_bits = struct.pack('Ii', 0x20080522, 0), struct.pack('6I', *[0xFFFFFFFF] * 6)\n"
        "if libc.capset(header, all_bits) == 0: reached()\n"
        "bits = int(re.search(r'CapEff:\\s*(\\w+)', open('/proc/self/status').read())[1], 16)\n"
        "if bits & ~(1 << 2): reached()",
        SAID,
    ),
    Attack(
        "setuid-programs",
        "have a setuid program do it",
        "for command in ('su -c id', 'sudo -n id', 'pkexec id', 'newgrp root', 'mount -t tmpfs x .', 'passwd -S root'):\n"
        "    if 'uid=0' in sh(f'timeout 1 {command}'): reached()\n"
        "if 'euid=0' in sh('cp /bin/sh mine; chmod 4755 mine; ./mine -p -c id'): reached()",
        SAID,
    ),
    Attack(
        "modes",
        "change modes, owners, times and attributes",
        "for path in (SECRET, VICTIM, COURSE, GRADEBOOK):\n"
        "    tries(lambda: os.chmod(path, 0o777), lambda: os.chown(path, os.getuid(), -1), lambda: os.utime(path, (1, 1)),\n"
        "          lambda: os.setxattr(path, 'user.x', b'1'), lambda: os.removexattr(path, 'user.x'),\n"
        "          lambda: os.chflags(path, 1))\n"
        "    call('fchmodat2', -100, ctypes.c_char_p(path.encode()), 0o777, 0)\n"
        "    with contextlib.suppress(OSError):\n"
        "        handle = os.open(path, os.O_PATH)\n"
        "        tries(lambda: os.chmod(f'/proc/self/fd/{handle}', 0o777), lambda: os.utime(f'/proc/self/fd/{handle}', (1, 1)))",
        CHANGED,
        without_walls=True,
    ),
    Attack(
        "truncation",
        "empty a file without writing to it",
        "for path in (SECRET, VICTIM):\n"
        "    tries(lambda: os.truncate(path, 0), lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),\n"
        "          lambda: os.open(path, os.O_WRONLY | os.O_TRUNC))",
        CHANGED,
        without_walls=True,
    ),
    Attack(
        "renaming",
        "move, link and remove files outside",
        "tries(lambda: os.rename(VICTIM, SECRET), lambda: os.remove(VICTIM), lambda: shutil.rmtree(COURSE + '/submitted'),\n"
        "      lambda: os.link(VICTIM, 'mine'), lambda: open('mine', 'w').write('x'),\n"
        "      lambda: os.symlink('x', COURSE + '/x'))",
        CHANGED,
        without_walls=True,
    ),
    # Odder doors of the kernel
    Attack(
        "kernel-doors",
        "use parts of the kernel that no notebook needs",
        "page = ctypes.create_string_buffer(256)\n"
        "for name, *arguments in (('bpf', 0, page, 72), ('perf_event_open', page, 0, -1, -1, 0), ('userfaultfd', 1),\n"
        "                         ('io_uring_setup', 4, page), ('memfd_create', page, 0), ('memfd_secret', 0),\n"
        "                         ('fanotify_init', 0, 0), ('name_to_handle_at', -100, page, page, page, 0),\n"
        "                         ('syslog', 3, page, 9), ('quotactl', 0x80000700, page, 0, page), ('vmsplice', 0, page, 0, 0),\n"
        "                         ('personality', 0x0040000), ('modify_ldt', 0, page, 9), ('iopl', 3), ('acct', 0)):\n"
        "    if call(name, *arguments) >= 0: reached()",
        SAID,
    ),
    Attack(
        "keyring",
        "leave a message for later submissions with the kernel",
        "b = lambda text: ctypes.c_char_p(text.encode())\n"
        "for ring in (-3, -4, -5, -2, -1):\n"
        "    if call('add_key', b('user'), b(TOKEN), b('x'), 1, ring) >= 0 or call('keyctl', 0, ring, 1) >= 0: reached()",
        SAID,
    ),
    Attack(
        "system-v",
        "leave shared memory, a queue or a semaphore behind",
        "b = ctypes.c_char_p(b'/bnlab')\n"
        "if call('shmget', 77, 4096, 0o1666) >= 0 or call('msgget', 77, 0o1666) >= 0: reached()\n"
        "if call('semget', 77, 1, 0o1666) >= 0 or call('mq_open', b, 0o102, 0o666, None) >= 0: reached()",
        SAID,
    ),
    Attack(
        "terminals",
        "type into the instructor's terminal",
        "import fcntl\n"
        "for path in ('/dev/tty', '/dev/console', *glob.glob('/dev/tty[0-9]'), *glob.glob('/dev/pts/[0-9]*')):\n"
        "    works(lambda: os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK))\n"
        "for file in range(3):\n    works(lambda: fcntl.ioctl(file, 0x5412, b'x'))",
        SAID,
    ),
    Attack(
        "loosen-landlock",
        "lay rules of one's own over those of the sandbox",
        "ruleset = call('landlock_create_ruleset', struct.pack('Q', 1 << 2), 8, 0)\n"
        "if ruleset >= 0:\n"
        "    rule = struct.pack('=Qi', 1 << 2, os.open('/', os.O_PATH))\n"
        "    call('landlock_add_rule', ruleset, 1, rule, 0), call('landlock_restrict_self', ruleset, 0)\n"
        "works(lambda: read(SECRET))",
        SAID,
    ),
)  # fmt: skip
