using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Defragger.Tests.Comparers;

/// <summary>A JSON value as a test sees it: it can be written in many ways that all mean the same.</summary>
public abstract record JsonTree
{
    public static Arbitrary<JsonTree> Arbitrary() => Arb.From(Gen.Sized(size => Any(Math.Min(size, 24))), Shrink);

    /// <summary>Written with keys in a random order, random blanks and escapes, and numbers in another form.</summary>
    public string Write(int seed)
    {
        StringBuilder text = new();
        Write(text, new Random(seed));
        return text.ToString();
    }

    /// <summary>In one line, in order: the plainest form.</summary>
    public string WritePlain()
    {
        StringBuilder text = new();
        Write(text, null);
        return text.ToString();
    }

    /// <summary>Path and value of every leaf, as plain text.</summary>
    public abstract IEnumerable<(string Path, string Value)> Leaves(string path);

    public sealed override string ToString() => WritePlain();

    protected abstract void Write(StringBuilder text, Random? style);

    private static Gen<JsonTree> Any(int size)
    {
        Gen<JsonTree> leaf = Gen.OneOf(
            Gen.Choose(-3, 3).Select(i => (JsonTree)new Number(i)),
            Gen.Choose(-40, 40).Select(i => (JsonTree)new Number(i / 8.0)),
            Gen.Elements("", "a", "é", "\"\\", "line\nbreak", "\U0001F600", "\u0001").Select(s => (JsonTree)new Text(s)),
            Gen.Elements("true", "false", "null").Select(s => (JsonTree)new Word(s)));
        if (size <= 1)
            return leaf;
        Gen<JsonTree[]> children = Gen.Choose(0, 4).SelectMany(count => Any(size / 3).ArrayOf(count));
        Gen<JsonTree> array = children.Select(items => (JsonTree)new List(items));
        Gen<JsonTree> map = children.Select(items => (JsonTree)new Map(
            [.. items.Select((item, i) => ($"{(char)('a' + i)}{(i == 2 ? "\t" : "")}", item))]));
        return Gen.Frequency((2, leaf), (3, array), (4, map));
    }

    private static IEnumerable<JsonTree> Shrink(JsonTree tree) => tree switch
    {
        List list => list.Items.Concat(list.Items.Select((_, i) => (JsonTree)new List([.. list.Items.Where((_, j) => j != i)]))),
        Map map => map.Members.Select(member => member.Value)
            .Concat(map.Members.Select((_, i) => (JsonTree)new Map([.. map.Members.Where((_, j) => j != i)]))),
        Word { Literal: "null" } => [],
        _ => [new Word("null")],
    };

    private static void Blank(StringBuilder text, Random? style) =>
        text.Append(style is null ? "" : style.Next(6) switch { 0 => " ", 1 => "\t ", 2 => "\r", _ => "" });

    private static void Quote(StringBuilder text, string value, Random? style)
    {
        text.Append('"');
        // A whole character at a time: half of a surrogate pair escaped would be another text.
        foreach (Rune rune in value.EnumerateRunes())
        {
            bool must = rune.Value is '"' or '\\' or < ' ';
            if (!must && style?.Next(4) != 0)
            {
                text.Append(rune);
                continue;
            }

            foreach (char c in rune.ToString())
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
        }

        text.Append('"');
    }

    public sealed record Number(double Value) : JsonTree
    {
        public override IEnumerable<(string Path, string Value)> Leaves(string path) => [(path, $"n{Value:R}")];

        protected override void Write(StringBuilder text, Random? style) => text.Append((style?.Next(4) ?? 0) switch
        {
            1 => (Value * 10).ToString("R", CultureInfo.InvariantCulture) + "e-1",
            2 => Value.ToString("0.0000", CultureInfo.InvariantCulture),
            3 when Value == 0 => "-0",
            _ => Value.ToString("R", CultureInfo.InvariantCulture),
        });
    }

    public sealed record Text(string Value) : JsonTree
    {
        public override IEnumerable<(string Path, string Value)> Leaves(string path) => [(path, "s" + Value)];

        protected override void Write(StringBuilder text, Random? style) => Quote(text, Value, style);
    }

    public sealed record Word(string Literal) : JsonTree
    {
        public override IEnumerable<(string Path, string Value)> Leaves(string path) => [(path, Literal)];

        protected override void Write(StringBuilder text, Random? style) => text.Append(Literal);
    }

    public sealed record List(JsonTree[] Items) : JsonTree
    {
        public override IEnumerable<(string Path, string Value)> Leaves(string path) =>
            Items.Length == 0 ? [(path, "[]")] : Items.SelectMany((item, i) => item.Leaves($"{path}[{i}]"));

        protected override void Write(StringBuilder text, Random? style)
        {
            text.Append('[');
            for (int i = 0; i < Items.Length; i++)
            {
                text.Append(i == 0 ? "" : ",");
                Blank(text, style);
                Items[i].Write(text, style);
                Blank(text, style);
            }

            text.Append(']');
        }
    }

    public sealed record Map((string Name, JsonTree Value)[] Members) : JsonTree
    {
        public override IEnumerable<(string Path, string Value)> Leaves(string path) =>
            Members.Length == 0 ? [(path, "{}")] : Members.SelectMany(member => member.Value.Leaves($"{path}/{member.Name}"));

        protected override void Write(StringBuilder text, Random? style)
        {
            (string Name, JsonTree Value)[] members = [.. Members];
            style?.Shuffle(members);
            text.Append('{');
            for (int i = 0; i < members.Length; i++)
            {
                text.Append(i == 0 ? "" : ",");
                Blank(text, style);
                Quote(text, members[i].Name, style);
                Blank(text, style);
                text.Append(':');
                members[i].Value.Write(text, style);
                Blank(text, style);
            }

            text.Append('}');
        }
    }
}
