using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace Defragger.Tests.Pester.StandIn;

/// <summary>Values as a failure message shows them: 'text', 1, $null, @(1, 2).</summary>
internal static class Show
{
    /// <summary>More than this many elements say nothing more.</summary>
    private const int Limit = 20;

    public static string Value(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => "$null",
        string text => $"'{text}'",
        bool flag => flag ? "$true" : "$false",
        Type type => $"[{type.FullName}]",
        ScriptBlock block => $"{{{block}}}",
        IDictionary table => $"@{{{string.Join("; ", Limited(table.Keys).Select(k => $"{k}={Value(table[k!])}"))}}}",
        IEnumerable list => $"@({string.Join(", ", Limited(list).Select(Value))})",
        _ => Plain(value),
    };

    public static string Plain(object? value) => value is null
        ? "$null"
        : (string)LanguagePrimitives.ConvertTo(value, typeof(string), CultureInfo.InvariantCulture);

    private static object?[] Limited(IEnumerable list)
    {
        object?[] all = [.. list.Cast<object?>()];
        return all.Length <= Limit ? all : [.. all.Take(Limit), $"... {all.Length - Limit} more"];
    }
}
