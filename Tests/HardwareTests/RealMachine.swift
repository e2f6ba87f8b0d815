/// What the kernel of a real machine wrote: a virtual machine with two threads of an EPYC, under control groups of
/// version 1. Nothing is changed but names of folders.
enum RealMachine {
    /// `/proc/cpuinfo`.
    static let cpuinfo = processor(0) + processor(1)

    private static func processor(_ number: Int) -> String {
        """
        processor\t: \(number)
        vendor_id\t: AuthenticAMD
        cpu family\t: 26
        model\t\t: 2
        model name\t: AMD EPYC
        stepping\t: 1
        microcode\t: 0x1000065
        cpu MHz\t\t: 2596.120
        cache size\t: 1024 KB
        physical id\t: 0
        siblings\t: 2
        core id\t\t: \(number)
        cpu cores\t: 2
        apicid\t\t: \(number)
        initial apicid\t: \(number)
        fpu\t\t: yes
        fpu_exception\t: yes
        cpuid level\t: 28
        wp\t\t: yes
        flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr \
        sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc rep_good nopl xtopology \
        nonstop_tsc cpuid extd_apicid tsc_known_freq pni pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic \
        movbe popcnt tsc_deadline_timer aes xsave avx f16c rdrand hypervisor lahf_lm cmp_legacy cr8_legacy \
        abm sse4a misalignsse 3dnowprefetch osvw topoext vmmcall fsgsbase tsc_adjust bmi1 avx2 smep bmi2 \
        erms invpcid avx512f avx512dq adx smap avx512ifma clflushopt clwb avx512cd sha_ni avx512bw avx512vl \
        xsaveopt xsavec xgetbv1 xsaves avx_vnni avx512_bf16 clzero xsaveerptr arat avx512vbmi umip \
        avx512_vbmi2 gfni vaes vpclmulqdq avx512_vnni avx512_bitalg avx512_vpopcntdq rdpid fsrm \
        avx512_vp2intersect
        bugs\t\t: sysret_ss_attrs null_seg spectre_v1 spectre_v2 spec_store_bypass srso spectre_v2_user
        bogomips\t: 5192.24
        TLB size\t: 192 4K pages
        clflush size\t: 64
        cache_alignment\t: 64
        address sizes\t: 48 bits physical, 48 bits virtual
        power management:

        """
    }

    /// `/proc/meminfo`.
    static let meminfo = """
        MemTotal:       24684084 kB
        MemFree:        19894952 kB
        MemAvailable:   23402476 kB
        Buffers:           58884 kB
        Cached:          2727192 kB
        SwapCached:            0 kB
        Active:          1608360 kB
        Inactive:        1742816 kB
        Active(anon):       1620 kB
        Inactive(anon):   572484 kB
        Active(file):    1606740 kB
        Inactive(file):  1170332 kB
        Unevictable:       24984 kB
        Mlocked:           24068 kB
        SwapTotal:             0 kB
        SwapFree:              0 kB
        Zswap:                 0 kB
        Zswapped:              0 kB
        Dirty:             33952 kB
        Writeback:             0 kB
        AnonPages:        590096 kB
        Mapped:           202744 kB
        Shmem:              8872 kB
        KReclaimable:    1059776 kB
        Slab:            1124636 kB
        SReclaimable:    1059776 kB
        SUnreclaim:        64860 kB
        KernelStack:        2664 kB
        PageTables:         5864 kB
        SecPageTables:         0 kB
        NFS_Unstable:          0 kB
        Bounce:                0 kB
        WritebackTmp:          0 kB
        CommitLimit:    12342040 kB
        Committed_AS:    1138192 kB
        VmallocTotal:   34359738367 kB
        VmallocUsed:       15452 kB
        VmallocChunk:          0 kB
        Percpu:              784 kB
        AnonHugePages:         0 kB
        ShmemHugePages:        0 kB
        ShmemPmdMapped:        0 kB
        FileHugePages:     34816 kB
        FilePmdMapped:         0 kB
        Balloon:               0 kB
        HugePages_Total:       0
        HugePages_Free:        0
        HugePages_Rsvd:        0
        HugePages_Surp:        0
        Hugepagesize:       2048 kB
        Hugetlb:               0 kB
        DirectMap4k:       32768 kB
        DirectMap2M:     2064384 kB
        DirectMap1G:    25165824 kB

        """

    /// `/sys/devices/system/node/node0/meminfo`.
    static let nodeMeminfo = """
        Node 0 MemTotal:       14248140 kB
        Node 0 MemFree:         9459060 kB
        Node 0 MemUsed:         4789080 kB
        Node 0 SwapCached:            0 kB
        Node 0 Active:          1608360 kB
        Node 0 Inactive:        1742816 kB
        Node 0 Active(anon):       1620 kB
        Node 0 Inactive(anon):   572484 kB
        Node 0 Active(file):    1606740 kB
        Node 0 Inactive(file):  1170332 kB
        Node 0 Unevictable:       24984 kB
        Node 0 Mlocked:           24068 kB
        Node 0 Dirty:             33952 kB
        Node 0 Writeback:             0 kB
        Node 0 FilePages:       2786076 kB
        Node 0 Mapped:           202744 kB
        Node 0 AnonPages:        590096 kB
        Node 0 Shmem:              8872 kB
        Node 0 KernelStack:        2664 kB
        Node 0 PageTables:         5864 kB
        Node 0 SecPageTables:         0 kB
        Node 0 NFS_Unstable:          0 kB
        Node 0 Bounce:                0 kB
        Node 0 WritebackTmp:          0 kB
        Node 0 KReclaimable:    1059776 kB
        Node 0 Slab:            1124636 kB
        Node 0 SReclaimable:    1059776 kB
        Node 0 SUnreclaim:        64860 kB
        Node 0 AnonHugePages:         0 kB
        Node 0 ShmemHugePages:        0 kB
        Node 0 ShmemPmdMapped:        0 kB
        Node 0 FileHugePages:     34816 kB
        Node 0 FilePmdMapped:         0 kB
        Node 0 HugePages_Total:     0
        Node 0 HugePages_Free:      0
        Node 0 HugePages_Surp:      0

        """

    /// `/proc/self/cgroup`.
    static let membership = """
        9:name=systemd:/
        8:pids:/
        7:blkio:/
        6:freezer:/
        5:devices:/
        4:memory:/limited/one
        3:cpuset:/
        2:cpuacct:/
        1:cpu:/
        0::/

        """

    /// `/proc/self/mountinfo`.
    static let mountinfo = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        23 27 0:22 / /sys rw,relatime - sysfs sysfs rw
        24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334460k,nr_inodes=3083615,mode=755
        25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684084k
        26 24 0:24 / /dev/pts rw,relatime - devpts devpts rw,mode=600,ptmxmode=000
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard,resv_strict,resuid=65534,resgid=65534
        29 26 0:26 / /dev/pts rw,relatime - devpts devpts rw,mode=600,ptmxmode=000
        30 25 0:27 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684084k
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
        33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
        34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
        37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
        38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
        39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        42 23 0:13 / /sys/kernel/tracing rw,relatime - tracefs none rw

        """

    /// Of `/proc/self/status`.
    static let status = """
        Threads:\t1
        Cpus_allowed:\t3
        Cpus_allowed_list:\t0-1
        Mems_allowed_list:\t0

        """
}
