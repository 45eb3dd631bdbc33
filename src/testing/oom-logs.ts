// Kills for memory as kernels of different age print them, drawn after the sources of those kernels.

/** Linux 6.7 and later, cgroup version 2, a pod of Kubernetes with two processes. */
export const LINUX_6_POD = `orders invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=968
CPU: 3 UID: 1000 PID: 4312 Comm: orders Not tainted 6.12.9 #1
Call Trace:
 <TASK>
 dump_stack_lvl+0x5d/0x80
 </TASK>
memory: usage 524288kB, limit 524288kB, failcnt 1273
swap: usage 0kB, limit 0kB, failcnt 0
Memory cgroup stats for /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod94eb36cd_29e1_478b_b365_4cb5dfc7d6fb.slice/cri-containerd-46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63.scope:
anon 519045120
file 4194304
kernel 11534336
kernel_stack 2097152
pagetables 4194304
sec_pagetables 0
percpu 15360
sock 1048576
vmalloc 0
shmem 4194304
slab_reclaimable 1000000
slab_unreclaimable 2000000
slab 3000000
inactive_file 0
Tasks state (memory values in pages):
[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
[   4312]  1000  4312   320000   125952   124928     1024         0  1196032        0           968 orders
[   4390]  1000  4390     4000     1300     1200      100         0    61440        0           968 log shipper
oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63.scope,mems_allowed=0-1,oom_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod94eb36cd_29e1_478b_b365_4cb5dfc7d6fb.slice/cri-containerd-46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63.scope,task_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod94eb36cd_29e1_478b_b365_4cb5dfc7d6fb.slice/cri-containerd-46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63.scope,task=orders,pid=4312,uid=1000
Memory cgroup out of memory: Killed process 4312 (orders) total-vm:1280000kB, anon-rss:499712kB, file-rss:4096kB, shmem-rss:0kB, UID:1000 pgtables:1168kB oom_score_adj:968
`;

/** Linux 5.4, cgroup version 1: statistics in lines, no split of rss by task. */
export const LINUX_5_DOCKER = `java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
memory: usage 1048576kB, limit 1048576kB, failcnt 55
memory+swap: usage 1048576kB, limit 9007199254740988kB, failcnt 0
kmem: usage 8192kB, limit 9007199254740988kB, failcnt 0
Memory cgroup stats for /docker/609e7ec068ac9642229a994438d5a1f68ab5fe9ef81748e367d35b997bd65ae8:
anon 1065353216
file 0
kernel_stack 1000000
slab 5000000
Tasks state (memory values in pages):
[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[  22921]     0 22921      242        1    28672        0          -998 pause
[  19331]     0 19331   926026   261120  2314816        0             0 java
oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=609e7ec0,mems_allowed=0,oom_memcg=/docker/609e7ec068ac9642229a994438d5a1f68ab5fe9ef81748e367d35b997bd65ae8,task_memcg=/docker/609e7ec068ac9642229a994438d5a1f68ab5fe9ef81748e367d35b997bd65ae8,task=java,pid=19331,uid=0
Memory cgroup out of memory: Killed process 19331 (java) total-vm:3704104kB, anon-rss:1040384kB, file-rss:4096kB, shmem-rss:0kB, UID:0 pgtables:2260kB oom_score_adj:0
oom_reaper: reaped process 19331 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
`;

/** Linux 4.14: one line of statistics, page tables counted, and two lines for the kill. */
export const LINUX_4_CGROUP = `mem invoked oom-killer: gfp_mask=0x14200ca(GFP_HIGHUSER_MOVABLE), nodemask=(null),  order=0, oom_score_adj=0
mem cpuset=609e7ec0 mems_allowed=0
CPU: 0 PID: 93 Comm: mem Not tainted 4.14.67+ #1
Task in /docker/609e7ec0/sub killed as a result of limit of /docker/609e7ec0
memory: usage 52428kB, limit 52428kB, failcnt 9
memory+swap: usage 52428kB, limit 9007199254740988kB, failcnt 0
kmem: usage 1024kB, limit 9007199254740988kB, failcnt 0
Memory cgroup stats for /docker/609e7ec0: cache:0KB rss:0KB rss_huge:0KB shmem:0KB mapped_file:0KB
Memory cgroup stats for /docker/609e7ec0/sub: cache:12KB rss:51188KB rss_huge:0KB shmem:8KB mapped_file:0KB
[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name
[   93]     0    93    13500    12900      40       5        0             0 mem
Memory cgroup out of memory: Kill process 93 (mem) score 985 or sacrifice child
Killed process 93 (mem) total-vm:54000kB, anon-rss:51188kB, file-rss:412kB, shmem-rss:0kB
oom_reaper: reaped process 93 (mem), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
`;

/** Linux 3.10 of a distribution, the whole machine: the user in the middle, no shared memory. */
export const LINUX_3_MACHINE = `crond invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0
crond cpuset=/ mems_allowed=0
Mem-Info:
active_anon:900000 inactive_anon:10000 isolated_anon:0
 active_file:95 inactive_file:103 isolated_file:0
 unevictable:0 dirty:0 writeback:0 unstable:0
 slab_reclaimable:5000 slab_unreclaimable:20000
 mapped:100 shmem:2000 pagetables:6000 bounce:0
 free:21538 free_pcp:30 free_cma:0
Free swap  = 0kB
Total swap = 2097148kB
1048446 pages RAM
[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
[  612]     0   612    72351     1843     150        0             0 rsyslogd
[ 1888]  1001  1888  1012345   860512    2100   520000             0 my (odd) server
Out of memory: Kill process 1888 (my (odd) server) score 930 or sacrifice child
Killed process 1888 (my (odd) server), UID 1001, total-vm:4049380kB, anon-rss:3442048kB, file-rss:0kB
`;

/** Linux 5.15, the whole machine. */
export const LINUX_5_MACHINE = `stress invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
Mem-Info:
active_anon:200 inactive_anon:1900000 isolated_anon:0
 active_file:23 inactive_file:30 isolated_file:0
 unevictable:5 dirty:0 writeback:0
 slab_reclaimable:4666 slab_unreclaimable:5345
 mapped:19 shmem:400 pagetables:4900 bounce:0
 kernel_misc_reclaimable:0
 free:31098 free_pcp:23 free_cma:0
Free swap  = 0kB
Total swap = 0kB
2097022 pages RAM
Tasks state (memory values in pages):
[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[    111]     0   111      431      289    49152        0             0 sh
[    116]     0   116  2628942  1895298 16052224        0             0 stress
oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice/session-3.scope,task=stress,pid=116,uid=0
Out of memory: Killed process 116 (stress) total-vm:10515768kB, anon-rss:7580628kB, file-rss:564kB, shmem-rss:0kB, UID:0 pgtables:15676kB oom_score_adj:0
`;

/** Linux 2.6.18 of a distribution, the whole machine: no sizes, no table. */
export const LINUX_2_6_18_MACHINE = `httpd invoked oom-killer: gfp_mask=0x201d2, order=0, oomkilladj=0
Mem-info:
Free swap  = 0kB
Total swap = 2097148kB
1048446 pages of RAM
Out of memory: Killed process 3592, UID 48, (httpd).
`;

/** Linux 2.6.32: a search that says whom it takes, a table with other columns, still no sizes. */
export const LINUX_2_6_32_CGROUP = `worker invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0
worker cpuset=/ mems_allowed=0
Task in /shop/a killed as a result of limit of /shop
memory: usage 102400kB, limit 102400kB, failcnt 52
memory+swap: usage 102400kB, limit 9007199254740991kB, failcnt 0
[ pid ]   uid  tgid total_vm      rss cpu oom_adj name
[ 2412]   501  2412    31013    24800   0       0 worker
[ 2413]   501  2413     1013      210   1       0 helper
Memory cgroup out of memory: kill process 2412 (worker) score 31013 or a child
Killed process 2412 (worker)
`;

/** Linux 2.6.34: sizes, the first of which has another name. */
export const LINUX_2_6_34_MACHINE = `worker invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0
Out of memory: kill process 2412 (worker) score 31013 or a child
Killed process 2412 (worker) vsz:124052kB, anon-rss:99000kB, file-rss:200kB
`;
