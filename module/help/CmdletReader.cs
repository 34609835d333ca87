using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace Defragger.Help;

/// <summary>Asks the engine what cmdlets an assembly has: the same answers that binding goes by.</summary>
internal static class CmdletReader
{
    /// <summary>The cmdlets of an assembly, by name.</summary>
    /// <param name="assembly">Full path of the module's assembly; what it needs lies beside it.</param>
    /// <exception cref="CmdletInvocationException">It cannot be loaded.</exception>
    public static List<CmdletFacts> Read(string assembly)
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using PowerShell shell = PowerShell.Create(runspace);
        return
        [
            .. shell.AddCommand("Import-Module").AddParameter("Name", assembly).AddParameter("PassThru").AddParameter("ErrorAction", "Stop")
                .Invoke<PSModuleInfo>().SelectMany(module => module.ExportedCmdlets.Values)
                .Select(Facts).OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal),
        ];
    }

    private static CmdletFacts Facts(CmdletInfo cmdlet)
    {
        object instance = Activator.CreateInstance(cmdlet.ImplementingType)!;
        using var disposed = instance as IDisposable;
        Dictionary<string, ParameterFacts> parameters = cmdlet.Parameters.Values
            .Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name))
            .ToDictionary(parameter => parameter.Name, parameter => Facts(parameter, instance), StringComparer.OrdinalIgnoreCase);
        IReadOnlyList<IReadOnlyList<ParameterInSet>> syntax =
        [
            .. cmdlet.ParameterSets.OrderByDescending(set => set.IsDefault).ThenBy(set => set.Name, StringComparer.Ordinal)
                .Select(set => InSet(set, parameters)),
        ];
        return new CmdletFacts(cmdlet.Name, parameters, syntax, Inputs(cmdlet), Outputs(cmdlet));
    }

    // By position, then what must be given, then as declared.
    private static List<ParameterInSet> InSet(CommandParameterSetInfo set, Dictionary<string, ParameterFacts> parameters) =>
    [
        .. set.Parameters.Where(parameter => parameters.ContainsKey(parameter.Name))
            .OrderBy(parameter => parameter.Position >= 0 ? parameter.Position : int.MaxValue).ThenByDescending(parameter => parameter.IsMandatory)
            .Select(parameter => new ParameterInSet(
                parameters[parameter.Name], parameter.IsMandatory, parameter.Position >= 0 ? parameter.Position : null,
                parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName)),
    ];

    private static string[] Inputs(CmdletInfo cmdlet) =>
    [
        .. cmdlet.ParameterSets.SelectMany(set => set.Parameters).Where(parameter => parameter.ValueFromPipeline || parameter.ValueFromPipelineByPropertyName)
            .GroupBy(parameter => parameter.Name).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Any(parameter => parameter.ValueFromPipeline) ? Element(group.First().ParameterType).FullName! : typeof(PSObject).FullName!)
            .Distinct(),
    ];

    private static string[] Outputs(CmdletInfo cmdlet) =>
        [.. cmdlet.OutputType.Select(type => type.Name).Where(name => name != typeof(void).FullName).Distinct()];

    private static ParameterFacts Facts(ParameterMetadata parameter, object instance)
    {
        Type element = Element(parameter.ParameterType);
        return new ParameterFacts(
            parameter.Name,
            TypeName(parameter.ParameterType),
            parameter.SwitchParameter,
            parameter.ParameterType.IsArray,
            parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any(),
            [.. parameter.Aliases],
            Default(parameter, instance),
            [.. parameter.Attributes.OfType<ValidateSetAttribute>().FirstOrDefault()?.ValidValues ?? (element.IsEnum ? Enum.GetNames(element) : [])],
            parameter.Attributes.OfType<ValidateRangeAttribute>().FirstOrDefault() is { MinRange: not null } range
                ? (Text(range.MinRange), range.MaxRange is int.MaxValue or long.MaxValue ? null : Text(range.MaxRange)) : null);
    }

    private static Type Element(Type type) =>
        type.IsArray ? type.GetElementType()! : Nullable.GetUnderlyingType(type) ?? type;

    // The language's own short names; else the type without its namespace.
    private static string TypeName(Type type)
    {
        string name = ToStringCodeMethods.Type(new PSObject(Element(type)));
        return name[(name.LastIndexOf('.') + 1)..] + (type.IsArray ? "[]" : "");
    }

    /// <summary>What the cmdlet itself begins with; [PSDefaultValue(Help = ...)] where that is worked out later or
    /// differs from machine to machine.</summary>
    private static string Default(ParameterMetadata parameter, object instance)
    {
        PSDefaultValueAttribute? told = parameter.Attributes.OfType<PSDefaultValueAttribute>().FirstOrDefault();
        if (told != null) return told.Help ?? Text(told.Value);
        if (parameter.SwitchParameter) return "False";
        bool required = parameter.ParameterSets.Values.All(set => set.IsMandatory);
        return required ? "None" : Text(instance.GetType().GetProperty(parameter.Name)?.GetValue(instance));
    }

    private static string Text(object? value) => value switch
    {
        null or "" or ICollection { Count: 0 } => "None",
        string text => text,
        SwitchParameter given => given.IsPresent ? "True" : "False",
        IDictionary table => string.Join(", ", table.Keys.Cast<object>().Select(key => $"{Text(key)} = {Text(table[key])}").Order(StringComparer.Ordinal)),
        IEnumerable several => string.Join(", ", several.Cast<object?>().Select(Text)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
