using System.Management.Automation;

namespace Defragger.PowerShell.Parameters;

/// <summary>Takes 'a,b', or several such words, where a list is wanted: the form that a command line can carry.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        IEnumerable<object> words = data is object[] several ? several : [data];
        return words.Select(word => word is PSObject boxed ? boxed.BaseObject : word)
            .SelectMany(word => word is string text
                ? text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                : (IEnumerable<object>)[word])
            .ToArray();
    }
}
