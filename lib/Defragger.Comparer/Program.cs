using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Defragger.Comparers;
using Defragger.Comparers.Records;
using Defragger.Comparers.Rules;

// The per-case process of the built-in comparison: arguments in, one JSON line and an exit code out.

const int Same = 0;
const int Changed = 1;
const int CouldNotCompare = 2;
const int WrongUsage = 3;

string usage = $"""
    Usage: defrag-comparer [OPTION]... BASELINE CANDIDATE

    Compares one case and prints one line of JSON: status, format, counts, reason.

      --format NAME   {string.Join(", ", FormatCatalog.Names)};
                      auto (the default) goes by the file's name, then by its first bytes
      --key NAME      a member or column by which records of json, jsonlines and csv are matched, in whatever order they
                      stand; a/b for a member inside another; several make one key
      --tolerance PATTERN=BOUND
                      numbers of json whose path matches may differ by so much (1e-9) or by such a share (10%); several
      --ignore FILE   known differences, a JSON array of when, case, path, rule, reason, bug, owner, expires
      --case NAME     what the case is called, for ignore rules
      --help          this text
      --version       the version
      --              ends the options

    Exit codes: 0 same, 1 changed, 2 could not compare (see standard error), 3 wrong usage.
    """;

ComparisonFormat format = ComparisonFormat.Auto;
List<string> keys = [];
List<(string, Tolerance)> tolerances = [];
IReadOnlyList<IgnoreRule> rules = [];
string caseName = "";
List<string> files = [];
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--help" or "-h":
            return Print(usage);
        case "--version":
            return Print($"defrag-comparer {Version()}");
        case "--format" when i + 1 == args.Length:
            return Misused("--format needs a name");
        case "--format":
            if (!FormatCatalog.TryParse(args[++i], out format))
                return Misused($"there is no format '{args[i]}'; there are {string.Join(", ", FormatCatalog.Names)}");
            break;
        case "--key" when i + 1 == args.Length:
            return Misused("--key needs a name");
        case "--key":
            keys.Add(args[++i]);
            break;
        case "--tolerance" or "--ignore" or "--case" when i + 1 == args.Length:
            return Misused($"{args[i]} needs a value");
        case "--tolerance":
            if (!TryReadTolerance(args[++i], tolerances, out string? fault))
                return Misused(fault);
            break;
        case "--ignore":
            try
            {
                rules = IgnoreRuleFile.Read(args[++i]);
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                return Fail(WrongUsage, e.Message);
            }

            break;
        case "--case":
            caseName = args[++i];
            break;
        case "--":
            files.AddRange(args[(i + 1)..]);
            i = args.Length;
            break;
        case ['-', ..]:
            return Misused($"there is no option '{args[i]}'");
        default:
            files.Add(args[i]);
            break;
    }
}

if (files.Count != 2)
    return Misused($"two files are compared, and {files.Count} were given");

Allowances allowances = new(tolerances, rules, caseName, DateOnly.FromDateTime(DateTime.UtcNow));
RecordKey? key;
try
{
    key = keys.Count == 0 ? null : new RecordKey(keys);
}
catch (FormatException e)
{
    return Misused(e.Message);
}

try
{
    ComparisonResult result = FileComparer.Compare(files[0], files[1], format, key, allowances);
    int printed = Print(result.ToJson());
    return printed != Same || result.Same ? printed : Changed;
}
catch (ComparisonException e)
{
    return Fail(CouldNotCompare, e.Message);
}
catch (OutOfMemoryException)
{
    return Fail(CouldNotCompare, $"{files[0]}, {files[1]}: not enough memory to compare them");
}

int Misused(string problem) => Fail(WrongUsage, $"{problem}; try --help");

static bool TryReadTolerance(string text, List<(string, Tolerance)> tolerances, [NotNullWhen(false)] out string? fault)
{
    int middle = text.LastIndexOf('=');
    fault = middle > 0 ? null : $"'{text}' is no PATTERN=BOUND";
    if (fault is not null)
        return false;
    try
    {
        tolerances.Add((text[..middle], Tolerance.Parse(text[(middle + 1)..])));
    }
    catch (FormatException e)
    {
        fault = e.Message;
    }

    return fault is null;
}

static int Print(string text) =>
    Descriptor.TryWrite(Descriptor.Output, text) ? Same : Fail(CouldNotCompare, "standard output cannot be written");

static int Fail(int code, string message)
{
    Descriptor.TryWrite(Descriptor.Error, $"defrag-comparer: {message.ReplaceLineEndings(" ")}");
    return code;
}

static string Version() =>
    typeof(FileComparer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
    ?? "unknown";
