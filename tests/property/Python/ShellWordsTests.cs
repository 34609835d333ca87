using System.Diagnostics;
using System.Text.Json;
using Defragger.Python;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Defragger.Tests.Python;

public sealed class ShellWordsTests
{
    private static readonly Gen<string> s_word =
        Gen.Elements([.. "ab Z0-='\"\\$`*?;&|<>#~\t\n%é"]).ListOf().Select(all => new string([.. all]));

    [Property]
    public Property Words_that_were_joined_are_split_again() => Prop.ForAll(s_word.ListOf().ToArbitrary(),
        words => ShellWords.Split(ShellWords.Join(words)).SequenceEqual(words));

    [Fact]
    public void A_shell_reads_the_joined_words_as_they_are()
    {
        string[] words = ["a b", "", "it's", "\"$HOME\"", "`id`", "*", "\\", "a=b", "-Wl,-rpath,/x y", "ü"];
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"printf '%s\\0' {ShellWords.Join(words)}"]) { RedirectStandardOutput = true })!;
        Assert.Equal(string.Concat(words.Select(word => word + "\0")), shell.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void Any_text_is_split_as_Python_splits_it()
    {
        string[] texts = [.. s_word.Sample(300, 12)];
        const string script = """
            import json, shlex, sys
            def split(text):
                try: return shlex.split(text)
                except ValueError: return None
            print(json.dumps([split(text) for text in json.load(sys.stdin)]))
            """;
        Process? python;
        try
        {
            python = Process.Start(new ProcessStartInfo("python3", ["-I", "-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("there is no python3 to compare with");
            return;
        }
        using (python)
        {
            python!.StandardInput.Write(JsonSerializer.Serialize(texts));
            python.StandardInput.Close();
            string[]?[] expected = JsonSerializer.Deserialize<string[]?[]>(python.StandardOutput.ReadToEnd())!;
            Assert.All(texts.Zip(expected), one => Assert.Equal(one.Second, SplitOrNull(one.First)));
            Assert.Contains(expected, words => words == null);
            Assert.Contains(expected, words => words?.Length > 1);
        }
    }

    private static IEnumerable<string>? SplitOrNull(string text)
    {
        try
        {
            return ShellWords.Split(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
