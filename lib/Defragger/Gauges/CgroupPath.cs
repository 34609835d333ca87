using System.Globalization;

namespace Defragger.Gauges;

/// <summary>Where the memory controller keeps a process, from its own cgroup up to the controller's mount.</summary>
/// <remarks>
/// /proc/self/cgroup names the group in each hierarchy and /proc/self/mountinfo where the hierarchy is mounted and which
/// of its directories is the mount's root (a container sees only its own part). v1: the line whose controllers
/// hold "memory". v2: the line "0::". In a hybrid layout the v1 line wins, for there the v2 tree has no memory controller.
/// Batch systems put the limit some levels above the leaf, so every ancestor counts.
/// </remarks>
internal static class CgroupPath
{
    /// <summary>The directories that may hold a limit, leaf first; empty where there is no memory controller.</summary>
    /// <param name="root">The root of the file system; another one only in tests.</param>
    /// <param name="process">The number of the process; "self" for this one.</param>
    public static IReadOnlyList<string> Ancestors(string root, string process = "self") => Ancestors(root, process, onlyUnified: false);

    /// <summary>The same in the v2 tree, which also has pressure (PSI) where v1 has the memory controller.</summary>
    /// <param name="root">The root of the file system; another one only in tests.</param>
    public static IReadOnlyList<string> UnifiedAncestors(string root) => Ancestors(root, "self", onlyUnified: true);

    private static List<string> Ancestors(string root, string process, bool onlyUnified)
    {
        (string Path, bool Unified)? own = Own(Path.Combine(root, "proc", process, "cgroup"), onlyUnified);
        if (own is not (string path, bool unified)) return [];
        if (Mount(Path.Combine(root, "proc/self/mountinfo"), unified) is not (string part, string point)) return [];

        // With a cgroup namespace, or a mount of another part of the tree, the group is not below the mount's root.
        string below = part == "/" ? path : path == part ? "/" :
            path.StartsWith(part + "/", StringComparison.Ordinal) ? path[part.Length..] : "/";
        var found = new List<string>();
        for (string? level = below; level != null; level = level == "/" ? null : Path.GetDirectoryName(level))
            found.Add(Path.Join(root, point, level == "/" ? "" : level));
        return found;
    }

    private static (string Path, bool Unified)? Own(string file, bool onlyUnified)
    {
        (string, bool)? unified = null;
        foreach (string line in Lines(file))
        {
            string[] fields = line.Split(':', 3);
            if (fields.Length != 3) continue;
            if (!onlyUnified && fields[1].Split(',').Contains("memory")) return (fields[2], false);
            if (fields is ["0", "", _]) unified = (fields[2], true);
        }
        return unified;
    }

    private static (string Root, string Point)? Mount(string file, bool unified)
    {
        foreach (string line in Lines(file))
        {
            // 31 25 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
            string[] halves = line.Split(" - ", 2);
            string[] left = halves[0].Split(' ');
            string[] right = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (left.Length < 5 || right.Length < 3) continue;
            bool fits = unified ? right[0] == "cgroup2" : right[0] == "cgroup" && right[2].Split(',').Contains("memory");
            if (fits) return (Unescape(left[3]), Unescape(left[4]));
        }
        return null;
    }

    private static IEnumerable<string> Lines(string file) => File.Exists(file) ? File.ReadLines(file) : [];

    // mountinfo writes blank, tab, newline and backslash as three octal digits.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\')) return text;
        var plain = new System.Text.StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length
                && int.TryParse(text.AsSpan(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int digits))
            {
                plain.Append((char)((digits / 100 * 64) + (digits / 10 % 10 * 8) + (digits % 10)));
                i += 3;
            }
            else plain.Append(text[i]);
        }
        return plain.ToString();
    }
}
