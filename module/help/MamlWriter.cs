using System.Text;
using System.Xml;

namespace Defragger.Help;

/// <summary>Writes pages and facts as MAML, the form that Get-Help reads: Defragger.PowerShell.dll-Help.xml.</summary>
/// <remarks>
/// The elements and their order are those of the schema that the engine ships for help files (PSMaml). The same input
/// gives the same bytes: nothing of the machine or the day is written.
/// </remarks>
internal sealed class MamlWriter : IDisposable
{
    private const string Maml = "http://schemas.microsoft.com/maml/2004/10";
    private const string Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private const string Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private readonly XmlWriter _xml;

    private MamlWriter(Stream stream) => _xml = XmlWriter.Create(stream, new XmlWriterSettings
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Indent = true, NewLineChars = "\n",
    });

    public void Dispose() => _xml.Dispose();

    /// <summary>Writes a help file.</summary>
    /// <param name="stream">Where to; it stays open.</param>
    /// <param name="pages">In the order to write.</param>
    /// <param name="cmdlets">Facts of each page's cmdlet.</param>
    public static void Write(Stream stream, IEnumerable<HelpPage> pages, IReadOnlyDictionary<string, CmdletFacts> cmdlets)
    {
        using var writer = new MamlWriter(stream);
        writer._xml.WriteStartElement("helpItems", "http://msh");
        writer._xml.WriteAttributeString("schema", "maml");
        foreach (HelpPage page in pages) writer.Write(page, cmdlets[page.Name]);
        writer._xml.WriteEndElement();
    }

    private void Write(HelpPage page, CmdletFacts cmdlet)
    {
        _xml.WriteStartElement("command", "command", Command);
        _xml.WriteAttributeString("xmlns", "maml", null, Maml);
        _xml.WriteAttributeString("xmlns", "dev", null, Dev);
        In("command", "details", () =>
        {
            Text("command", "name", page.Name);
            Paragraphs("description", [page.Synopsis]);
            Text("command", "verb", cmdlet.Verb);
            Text("command", "noun", cmdlet.Noun);
        });
        Paragraphs("description", page.Description);
        In("command", "syntax", () =>
        {
            foreach (IReadOnlyList<ParameterInSet> set in cmdlet.Syntax) Syntax(page.Name, set);
        });
        In("command", "parameters", () =>
        {
            foreach (HelpParameter parameter in page.Parameters) Parameter(parameter, cmdlet);
        });
        Types("inputTypes", "inputType", cmdlet.Inputs, page.Inputs);
        Types("returnValues", "returnValue", cmdlet.Outputs, page.Outputs);
        if (page.Notes.Count > 0) In("maml", "alertSet", () => Paragraphs("alert", page.Notes));
        In("command", "examples", () =>
        {
            for (int i = 0; i < page.Examples.Count; i++) Example(i + 1, page.Examples[i]);
        });
        In("command", "relatedLinks", () =>
        {
            foreach (string link in page.Links)
                In("maml", "navigationLink", () => { Text("maml", "linkText", link); Text("maml", "uri", ""); });
        });
        _xml.WriteEndElement();
    }

    private void Syntax(string name, IReadOnlyList<ParameterInSet> set) => In("command", "syntaxItem", () =>
    {
        Text("maml", "name", name);
        foreach (ParameterInSet parameter in set)
        {
            Start(parameter, parameter.Required);
            Text("maml", "name", parameter.Facts.Name);
            if (parameter.Facts.Values.Count > 0)
            {
                In("command", "parameterValueGroup", () =>
                {
                    foreach (string value in parameter.Facts.Values) Value(value, variableLength: false);
                });
            }
            TypeOf(parameter.Facts);
            _xml.WriteEndElement();
        }
    });

    private void Parameter(HelpParameter told, CmdletFacts cmdlet)
    {
        ParameterInSet[] mentions = [.. cmdlet.Syntax.SelectMany(set => set).Where(parameter => parameter.Facts.Name == told.Name)];
        Start(mentions[0], mentions.All(mention => mention.Required));
        Text("maml", "name", told.Name);
        Paragraphs("description", [.. told.Text, .. Limits(mentions[0].Facts)]);
        TypeOf(mentions[0].Facts);
        Text("dev", "defaultValue", mentions[0].Facts.Default);
        _xml.WriteEndElement();
    }

    private static IEnumerable<string> Limits(ParameterFacts facts)
    {
        if (facts.Values.Count > 0) yield return $"Accepted values: {string.Join(", ", facts.Values)}.";
        if (facts.Range is (string least, var most))
            yield return most == null ? $"Accepted: {least} or more." : $"Accepted range: {least} to {most}.";
    }

    private void Start(ParameterInSet parameter, bool required)
    {
        _xml.WriteStartElement("command", "parameter", Command);
        _xml.WriteAttributeString("required", Word(required));
        _xml.WriteAttributeString("variableLength", Word(parameter.Facts.TakesSeveral));
        _xml.WriteAttributeString("globbing", Word(parameter.Facts.Wildcards));
        _xml.WriteAttributeString("pipelineInput", parameter.PipelineInput);
        _xml.WriteAttributeString("position", parameter.Position is int position ? XmlConvert.ToString(position) : "named");
        _xml.WriteAttributeString("aliases", parameter.Facts.Aliases.Count > 0 ? string.Join(", ", parameter.Facts.Aliases) : "none");
    }

    private void TypeOf(ParameterFacts facts)
    {
        if (!facts.IsSwitch) Value(facts.Type, facts.TakesSeveral);
        In("dev", "type", () => { Text("maml", "name", facts.IsSwitch ? "SwitchParameter" : facts.Type); Text("maml", "uri", ""); });
    }

    private void Value(string text, bool variableLength)
    {
        _xml.WriteStartElement("command", "parameterValue", Command);
        _xml.WriteAttributeString("required", "true");
        _xml.WriteAttributeString("variableLength", Word(variableLength));
        _xml.WriteString(text);
        _xml.WriteEndElement();
    }

    private void Types(string list, string item, IReadOnlyList<string> types, IReadOnlyList<string> text) => In("command", list, () =>
        In("command", item, () =>
        {
            In("dev", "type", () => Text("maml", "name", types.Count > 0 ? string.Join(", ", types) : "None"));
            Paragraphs("description", text);
        }));

    private void Example(int number, HelpExample example) => In("command", "example", () =>
    {
        Text("maml", "title", $"Example {number}: {example.Title}");
        Text("dev", "code", example.Code);
        In("dev", "remarks", () => Paragraphs(example.Remarks));
    });

    private void Paragraphs(string element, IReadOnlyList<string> text) => In("maml", element, () => Paragraphs(text));

    private void Paragraphs(IReadOnlyList<string> text)
    {
        foreach (string paragraph in text) Text("maml", "para", paragraph);
    }

    private void In(string prefix, string name, Action content)
    {
        _xml.WriteStartElement(prefix, name, Namespace(prefix));
        content();
        _xml.WriteEndElement();
    }

    private void Text(string prefix, string name, string text) => _xml.WriteElementString(prefix, name, Namespace(prefix), text);

    private static string Namespace(string prefix) => prefix switch { "maml" => Maml, "dev" => Dev, _ => Command };

    private static string Word(bool value) => value ? "true" : "false";
}
