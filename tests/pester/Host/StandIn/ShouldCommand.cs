using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>A Should that does not hold.</summary>
internal sealed class AssertionException(string message) : Exception(message);

/// <summary>
/// Should, with Pester's operators as parameter sets. An operator that is not here is a parameter that does not exist:
/// the binder refuses it and the test fails. Comparisons are the engine's own (LanguagePrimitives), as -eq is.
/// <para>
/// What is piped is one value for the operators that know collections (Be, BeExactly, BeNullOrEmpty, Contain,
/// HaveCount), and is tested element by element for the others, as in Pester 5. Nothing piped is $null.
/// </para>
/// </summary>
[Cmdlet("Should", "Hold", DefaultParameterSetName = nameof(Be))]
public sealed class ShouldCommand : PSCmdlet
{
    private const RegexOptions IgnoreCase = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    private readonly List<object?> _actual = [];

    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? ActualValue { get; set; }

    [Parameter]
    public SwitchParameter Not { get; set; }

    [Parameter]
    public string Because { get; set; } = "";

    [Parameter(ParameterSetName = nameof(Be))]
    public SwitchParameter Be { get; set; }

    [Parameter(ParameterSetName = nameof(BeExactly), Mandatory = true)]
    public SwitchParameter BeExactly { get; set; }

    [Parameter(ParameterSetName = nameof(BeTrue), Mandatory = true)]
    public SwitchParameter BeTrue { get; set; }

    [Parameter(ParameterSetName = nameof(BeFalse), Mandatory = true)]
    public SwitchParameter BeFalse { get; set; }

    [Parameter(ParameterSetName = nameof(BeNullOrEmpty), Mandatory = true)]
    public SwitchParameter BeNullOrEmpty { get; set; }

    [Parameter(ParameterSetName = nameof(Match), Mandatory = true)]
    public SwitchParameter Match { get; set; }

    [Parameter(ParameterSetName = nameof(MatchExactly), Mandatory = true)]
    public SwitchParameter MatchExactly { get; set; }

    [Parameter(ParameterSetName = nameof(BeLike), Mandatory = true)]
    public SwitchParameter BeLike { get; set; }

    [Parameter(ParameterSetName = nameof(BeLikeExactly), Mandatory = true)]
    public SwitchParameter BeLikeExactly { get; set; }

    [Parameter(ParameterSetName = nameof(Contain), Mandatory = true)]
    public SwitchParameter Contain { get; set; }

    [Parameter(ParameterSetName = nameof(HaveCount), Mandatory = true)]
    public SwitchParameter HaveCount { get; set; }

    [Parameter(ParameterSetName = nameof(BeGreaterThan), Mandatory = true)]
    public SwitchParameter BeGreaterThan { get; set; }

    [Parameter(ParameterSetName = nameof(BeGreaterOrEqual), Mandatory = true)]
    public SwitchParameter BeGreaterOrEqual { get; set; }

    [Parameter(ParameterSetName = nameof(BeLessThan), Mandatory = true)]
    public SwitchParameter BeLessThan { get; set; }

    [Parameter(ParameterSetName = nameof(BeLessOrEqual), Mandatory = true)]
    public SwitchParameter BeLessOrEqual { get; set; }

    [Parameter(ParameterSetName = nameof(BeIn), Mandatory = true)]
    public SwitchParameter BeIn { get; set; }

    [Parameter(ParameterSetName = nameof(BeOfType), Mandatory = true)]
    public SwitchParameter BeOfType { get; set; }

    [Parameter(ParameterSetName = nameof(Exist), Mandatory = true)]
    public SwitchParameter Exist { get; set; }

    [Parameter(ParameterSetName = nameof(FileContentMatch), Mandatory = true)]
    public SwitchParameter FileContentMatch { get; set; }

    [Parameter(ParameterSetName = nameof(Throw), Mandatory = true)]
    public SwitchParameter Throw { get; set; }

    [Parameter(ParameterSetName = nameof(Be), Position = 0)]
    [Parameter(ParameterSetName = nameof(BeExactly), Position = 0)]
    [Parameter(ParameterSetName = nameof(BeLike), Position = 0)]
    [Parameter(ParameterSetName = nameof(BeLikeExactly), Position = 0)]
    [Parameter(ParameterSetName = nameof(Contain), Position = 0)]
    [Parameter(ParameterSetName = nameof(HaveCount), Position = 0, Mandatory = true)]
    [Parameter(ParameterSetName = nameof(BeGreaterThan), Position = 0)]
    [Parameter(ParameterSetName = nameof(BeGreaterOrEqual), Position = 0)]
    [Parameter(ParameterSetName = nameof(BeLessThan), Position = 0)]
    [Parameter(ParameterSetName = nameof(BeLessOrEqual), Position = 0)]
    [Parameter(ParameterSetName = nameof(BeIn), Position = 0)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? ExpectedValue { get; set; }

    [Parameter(ParameterSetName = nameof(Match), Position = 0, Mandatory = true)]
    [Parameter(ParameterSetName = nameof(MatchExactly), Position = 0, Mandatory = true)]
    [AllowEmptyString]
    public string RegularExpression { get; set; } = "";

    [Parameter(ParameterSetName = nameof(BeOfType), Position = 0, Mandatory = true)]
    public object ExpectedType { get; set; } = "";

    [Parameter(ParameterSetName = nameof(FileContentMatch), Position = 0, Mandatory = true)]
    public string ExpectedContent { get; set; } = "";

    [Parameter(ParameterSetName = nameof(Throw), Position = 0)]
    [AllowEmptyString]
    public string ExpectedMessage { get; set; } = "";

    [Parameter(ParameterSetName = nameof(Throw), Position = 1)]
    public string ErrorId { get; set; } = "";

    [Parameter(ParameterSetName = nameof(Throw), Position = 2)]
    public Type? ExceptionType { get; set; }

    [Parameter(ParameterSetName = nameof(Throw))]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord() => _actual.Add(ActualValue);

    protected override void EndProcessing()
    {
        // "Should" alone, or with a value and no operator, says nothing: it must not pass.
        if (ParameterSetName == nameof(Be) && !Be)
            throw new UnknownDialectException("Should without an operator.");

        object? all = _actual.Count == 0 ? null : _actual.ToArray();
        switch (ParameterSetName)
        {
            case nameof(Be):
                Require(AreEqual(all, ExpectedValue, ignoreCase: true), Show.Value(ExpectedValue), all);
                break;
            case nameof(BeExactly):
                Require(AreEqual(all, ExpectedValue, ignoreCase: false), $"exactly {Show.Value(ExpectedValue)}", all);
                break;
            case nameof(BeNullOrEmpty):
                Require(IsNullOrEmpty(_actual), "$null or empty", all);
                break;
            case nameof(Contain):
                Require(Contains(_actual, ExpectedValue), $"a collection with {Show.Value(ExpectedValue)}", all);
                break;
            case nameof(HaveCount):
                int count = (int)LanguagePrimitives.ConvertTo(ExpectedValue, typeof(int), CultureInfo.InvariantCulture);
                Require(_actual.Count == count, $"a collection of {count}", all);
                break;
            default:
                foreach (object? actual in _actual.Count == 0 ? [null] : _actual)
                    TestOne(actual);
                break;
        }
    }

    private void TestOne(object? actual)
    {
        object? value = actual is PSObject wrapped ? wrapped.BaseObject : actual;
        string text = value is null ? "" : Show.Plain(value);
        switch (ParameterSetName)
        {
            case nameof(BeTrue):
                Require(LanguagePrimitives.IsTrue(actual), "$true", actual);
                break;
            case nameof(BeFalse):
                Require(!LanguagePrimitives.IsTrue(actual), "$false", actual);
                break;
            case nameof(Match):
                Require(Regex.IsMatch(text, RegularExpression, IgnoreCase), $"a match of '{RegularExpression}'", actual);
                break;
            case nameof(MatchExactly):
                Require(Regex.IsMatch(text, RegularExpression), $"an exact match of '{RegularExpression}'", actual);
                break;
            case nameof(BeLike):
                Require(IsLike(text, ExpectedValue, WildcardOptions.IgnoreCase), $"like {Show.Value(ExpectedValue)}", actual);
                break;
            case nameof(BeLikeExactly):
                Require(IsLike(text, ExpectedValue, WildcardOptions.None), $"exactly like {Show.Value(ExpectedValue)}", actual);
                break;
            case nameof(BeGreaterThan):
                Require(Compare(actual, ExpectedValue) > 0, $"greater than {Show.Value(ExpectedValue)}", actual);
                break;
            case nameof(BeGreaterOrEqual):
                Require(Compare(actual, ExpectedValue) >= 0, $"{Show.Value(ExpectedValue)} or greater", actual);
                break;
            case nameof(BeLessThan):
                Require(Compare(actual, ExpectedValue) < 0, $"less than {Show.Value(ExpectedValue)}", actual);
                break;
            case nameof(BeLessOrEqual):
                Require(Compare(actual, ExpectedValue) <= 0, $"{Show.Value(ExpectedValue)} or less", actual);
                break;
            case nameof(BeIn):
                Require(Contains(Elements(ExpectedValue), actual), $"one of {Show.Value(ExpectedValue)}", actual);
                break;
            case nameof(BeOfType):
                Type type = Named(ExpectedType);
                Require(type.IsInstanceOfType(value), $"a {Show.Value(type)} (is {value?.GetType().FullName ?? "$null"})", actual);
                break;
            case nameof(Exist):
                Require(InvokeProvider.Item.Exists(text), "a path that exists", actual);
                break;
            case nameof(FileContentMatch):
                string[] lines = File.ReadAllLines(GetUnresolvedProviderPathFromPSPath(text));
                Require(
                    lines.Any(l => Regex.IsMatch(l, ExpectedContent, IgnoreCase)),
                    $"a file with a line that matches '{ExpectedContent}'",
                    actual);
                break;
            case nameof(Throw):
                TestThrow(value);
                break;
            default:
                throw new UnknownDialectException($"Should -{ParameterSetName}.");
        }
    }

    private void TestThrow(object? value)
    {
        if (value is not ScriptBlock block)
            throw new ArgumentException("Should -Throw takes a script block: { ... } | Should -Throw.");
        ErrorRecord? error = Thrown.By(block);
        if (Not)
        {
            if (error is not null)
                Reject($"Expected no exception{Reason}, but '{error.Exception.Message}' was thrown.");
            return;
        }

        if (error is null)
        {
            Reject($"Expected an exception{Reason}, but none was thrown.");
            return;
        }

        if (ExceptionType is not null && !ExceptionType.IsInstanceOfType(error.Exception))
            Reject($"Expected an exception of type {Show.Value(ExceptionType)}{Reason}, but it was {Show.Value(error.Exception.GetType())}.");
        if (ExpectedMessage.Trim().Length > 0 && !IsLike(error.Exception.Message, ExpectedMessage, WildcardOptions.IgnoreCase))
            Reject($"Expected an exception with a message like '{ExpectedMessage}'{Reason}, but it was '{error.Exception.Message}'.");
        if (ErrorId.Trim().Length > 0 && !IsLike(error.FullyQualifiedErrorId, ErrorId, WildcardOptions.IgnoreCase))
            Reject($"Expected an exception with the ErrorId '{ErrorId}'{Reason}, but it was '{error.FullyQualifiedErrorId}'.");
        if (PassThru)
            WriteObject(error);
    }

    private string Reason => Because.Length == 0 ? "" : $", because {Because}";

    private void Require(bool holds, string expected, object? actual)
    {
        if (holds == Not)
            Reject($"Expected {(Not ? "not " : "")}{expected}{Reason}, but got {Show.Value(Single(actual))}.");
    }

    private void Reject(string message) => ThrowTerminatingError(new ErrorRecord(
        new AssertionException(message), "PesterAssertionFailed", ErrorCategory.InvalidResult, null));

    // Pester's rule: arrays are equal element by element, a single element equals its array, nothing equals nothing.
    private static bool AreEqual(object? first, object? second, bool ignoreCase)
    {
        object?[] left = AsArray(first);
        object?[] right = AsArray(second);
        if (IsNothing(left) || IsNothing(right))
            return IsNothing(left) && IsNothing(right);
        return left.Length == right.Length && left.Zip(right).All(pair =>
            pair.First is Array || pair.Second is Array
                ? AreEqual(pair.First, pair.Second, ignoreCase)
                : LanguagePrimitives.Equals(pair.Second, pair.First, ignoreCase, CultureInfo.InvariantCulture));
    }

    private static bool IsNothing(object?[] array) => array.Length == 0 || (array.Length == 1 && array[0] is null);

    private static object?[] AsArray(object? value)
    {
        object? inner = value is PSObject wrapped ? wrapped.BaseObject : value;
        return inner switch
        {
            null => [],
            object?[] array => array,
            IEnumerable list and not (string or IDictionary) => [.. list.Cast<object?>()],
            _ => [value],
        };
    }

    private static bool IsNullOrEmpty(List<object?> actual)
    {
        if (actual.Count != 1)
            return actual.Count == 0;
        object? only = actual[0] is PSObject wrapped ? wrapped.BaseObject : actual[0];
        return only switch
        {
            null => true,
            Hashtable table => table.Count == 0,
            _ => Show.Plain(only).Length == 0,
        };
    }

    private static bool Contains(IEnumerable<object?> list, object? value) =>
        list.Any(e => LanguagePrimitives.Equals(e, value, ignoreCase: true, CultureInfo.InvariantCulture));

    private static IEnumerable<object?> Elements(object? value) =>
        LanguagePrimitives.GetEnumerable(value) is { } list ? list.Cast<object?>() : [value];

    private static int Compare(object? first, object? second) =>
        LanguagePrimitives.Compare(first, second, ignoreCase: true, CultureInfo.InvariantCulture);

    private static bool IsLike(string text, object? pattern, WildcardOptions options) =>
        WildcardPattern.Get(pattern is null ? "" : Show.Plain(pattern), options).IsMatch(text);

    private static Type Named(object type) =>
        type is PSObject { BaseObject: Type wrapped } ? wrapped
        : type as Type
        ?? LanguagePrimitives.ConvertTo<Type>(Show.Plain(type).Trim('[', ']'));

    private static object? Single(object? value) => value is object?[] { Length: 1 } one ? one[0] : value;
}

/// <summary>Runs a block of the user's in a scope of its own and tells what it threw.</summary>
internal sealed class Thrown
{
    private static readonly ScriptBlock s_script = ScriptBlock.Create(
        """
        param($______block, $______thrown)
        try { do { $null = & $______block } until ($true) } catch { $______thrown.Error = $_ }
        """);

    public ErrorRecord? Error { get; set; }

    public static ErrorRecord? By(ScriptBlock block)
    {
        var thrown = new Thrown();
        s_script.Invoke(block, thrown);
        return thrown.Error;
    }
}
