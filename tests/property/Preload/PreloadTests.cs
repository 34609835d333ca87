using System.Diagnostics;
using System.Text.RegularExpressions;
using Defragger.Preload;
using Xunit;

namespace Defragger.Tests.Preload;

public sealed partial class PreloadTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_settings_are_those_that_the_malloc_reads()
    {
        string text = File.ReadAllText(InRepository("lib/Defragger.Native/src/malloc/settings.c"));
        string[] read = [.. Variable().Matches(text).Select(one => one.Groups[1].Value), .. Path().Matches(text).Select(one => one.Groups[1].Value)];
        Assert.Equal(read.Order(), MallocSetting.All.Select(one => one.Name).Order());
        foreach (Match one in Variable().Matches(text))
        {
            string words = one.Groups[3].Value, most = one.Groups[2].Value == "SETTINGS_CACHE_MOST" ? "2048" : one.Groups[2].Value;
            string expected = words.Contains("NULL", StringComparison.Ordinal) ? $"a number from 0 to {most}" : words.Replace("\"", "").Replace(", ", " or ");
            Assert.Equal(expected, MallocSetting.Find(one.Groups[1].Value).Values);
        }
        Assert.Contains("SETTINGS_CACHE_MOST = 2048", File.ReadAllText(InRepository("lib/Defragger.Native/src/malloc/settings.h")));
    }

    [Theory]
    [InlineData("DECAY_MS", "500", "DEFRAGGER_DECAY_MS", "500")]
    [InlineData("defragger_decay_ms", "0", "DEFRAGGER_DECAY_MS", "0")]
    [InlineData("Statistics", "True", "DEFRAGGER_STATISTICS", "1")]
    [InlineData("background", "false", "DEFRAGGER_BACKGROUND", "0")]
    [InlineData("on_error", "Warn", "DEFRAGGER_ON_ERROR", "warn")]
    [InlineData("defragger", "off", "DEFRAGGER", "off")]
    [InlineData("record", "/tmp/%p", "DEFRAGGER_RECORD", "/tmp/%p")]
    public void A_setting_is_taken_by_either_name_in_any_case(string name, string value, string variable, string text)
    {
        MallocSetting one = MallocSetting.Find(name);
        Assert.Equal((variable, text), (one.Name, one.Check(value)));
    }

    [Theory]
    [InlineData("cache", "2049", "DEFRAGGER_CACHE is a number from 0 to 2048, and not '2049'")]
    [InlineData("cache", "true", "DEFRAGGER_CACHE is a number from 0 to 2048, and not 'true'")]
    [InlineData("decay_ms", "-1", "DEFRAGGER_DECAY_MS is a number from 0 to 3600000, and not '-1'")]
    [InlineData("hardened", "2", "DEFRAGGER_HARDENED is a number from 0 to 1, and not '2'")]
    [InlineData("on_error", "1", "DEFRAGGER_ON_ERROR is abort or warn, and not '1'")]
    [InlineData("record", "", "DEFRAGGER_RECORD is a path, and not ''")]
    public void A_value_that_the_malloc_does_not_take_is_refused(string name, string value, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => MallocSetting.Find(name).Check(value)).Message);

    [Theory]
    [InlineData("decay")]
    [InlineData("")]
    [InlineData("DEFRAGGER_")]
    public void An_unknown_setting_is_refused_with_those_that_there_are(string name) =>
        Assert.Contains("DEFRAGGER_DECAY_MS", Assert.Throws<FormatException>(() => MallocSetting.Find(name)).Message);

    [Fact]
    public void A_program_with_anothers_rights_is_refused()
    {
        Assert.Contains("set-user-ID", ProgramImage.Refusal(UnixFileMode.UserExecute | UnixFileMode.SetUser));
        Assert.Contains("set-group-ID", ProgramImage.Refusal(UnixFileMode.UserExecute | UnixFileMode.SetGroup));
        Assert.Null(ProgramImage.Refusal(UnixFileMode.UserExecute | UnixFileMode.StickyBit));
    }

    [Fact]
    public void The_library_gets_into_programs_of_the_dynamic_linker_and_into_scripts_alone()
    {
        Assert.Null(ProgramImage.Obstacle("/bin/sh"));
        Assert.Null(ProgramImage.Obstacle(_folder.Write("script", "#!/bin/sh\nexit 0\n" + new string('#', 100))));
        Assert.Null(ProgramImage.Obstacle(_folder.Write("short", "\x7fELF")));
        Assert.Contains("statically", ProgramImage.Obstacle(InRepository("artifacts/native/defrag-launch")));
    }

    [Fact]
    public void A_program_of_another_processor_is_told()
    {
        byte[] image = File.ReadAllBytes("/bin/sh")[..4096];
        image[18] = 8; // EM_MIPS
        Assert.Contains("another processor", ProgramImage.Obstacle(Write(image)));
        image = File.ReadAllBytes("/bin/sh")[..4096];
        image[4] = 1; // ELFCLASS32
        Assert.Contains("another processor", ProgramImage.Obstacle(Write(image)));
    }

    [Fact]
    public void A_damaged_program_is_left_to_the_kernel()
    {
        byte[] image = File.ReadAllBytes("/bin/sh")[..4096];
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. image];
            for (int j = 0; j < 4; j++) damaged[random.Next(4, 64)] = (byte)random.Next(256);
            ProgramImage.Obstacle(Write(damaged[..random.Next(64, 4096)])); // no exception
        }
    }

    [Fact]
    public void A_preload_that_is_there_stays_behind_ours()
    {
        string? before = Environment.GetEnvironmentVariable("LD_PRELOAD");
        try
        {
            Environment.SetEnvironmentVariable("LD_PRELOAD", "libother.so");
            ProcessStartInfo start = Program("/lib/libdefragger.so").StartInfo();
            Assert.Equal("/lib/libdefragger.so:libother.so", start.Environment["LD_PRELOAD"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("LD_PRELOAD", before);
        }
    }

    [Theory]
    [InlineData("/a b/libdefragger.so")]
    [InlineData("/a:b/libdefragger.so")]
    public void A_path_that_LD_PRELOAD_cannot_hold_is_refused(string library) =>
        Assert.Contains(library, Assert.Throws<FormatException>(() => Program(library).StartInfo()).Message);

    private PreloadedProgram Program(string library) => new() { Program = "/bin/true", Library = library, Directory = _folder.Path };

    private string Write(byte[] bytes)
    {
        File.WriteAllBytes(_folder["image"], bytes);
        return _folder["image"];
    }

    private static string InRepository(string name)
    {
        DirectoryInfo at = new(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(at.FullName, "Defragger.slnx"))) at = at.Parent!;
        return System.IO.Path.Combine(at.FullName, name);
    }

    // {"DEFRAGGER_CACHE", &settings.cache, SETTINGS_CACHE_MOST, {NULL, NULL}},
    [GeneratedRegex("""\{"(DEFRAGGER\w*)", &settings\.\w+, (\w+), \{([^}]*)\}\}""")]
    private static partial Regex Variable();

    [GeneratedRegex("""os_setting\("(DEFRAGGER\w*)"\)""")]
    private static partial Regex Path();
}
