namespace Defragger.Compare;

/// <summary>Case names: relative paths with '/' that cannot leave the run's directories.</summary>
internal static class CaseName
{
    /// <summary>Says what is wrong with a name, or null when it is a good one.</summary>
    /// <param name="name">A name from a manifest or the pipeline: untrusted.</param>
    public static string? Fault(string name)
    {
        if (name.Length == 0) return "it is empty";
        if (name.Contains('\0')) return "it holds a NUL character";
        if (name[0] == '/') return "it is an absolute path";
        foreach (string part in name.Split('/'))
        {
            if (part == "..") return "a part of it is '..'";
            if (part is "" or ".") return "a part of it is empty or '.'";
        }
        return null;
    }

    /// <summary>Makes a name of a path below a directory; null when the path is not below it.</summary>
    /// <param name="path">A full path.</param>
    /// <param name="directory">A full path of a directory.</param>
    public static string? Below(string path, string directory)
    {
        string relative = Path.GetRelativePath(directory, path);
        return Path.IsPathRooted(relative) || Fault(relative) != null ? null : relative;
    }

    /// <summary>Finds the two files of a case; a file that does not exist is null.</summary>
    public static TestCase Locate(string name, string baseline, string candidate)
    {
        string left = Path.Combine(baseline, name);
        string right = Path.Combine(candidate, name);
        return new TestCase(name, Path.Exists(left) ? left : null, Path.Exists(right) ? right : null);
    }
}
