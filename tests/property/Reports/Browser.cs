using PuppeteerSharp;
using Xunit;

namespace Defragger.Tests.Reports;

/// <summary>A headless Chromium that is on the machine; none is fetched. Without one its tests are skipped.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string? s_program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(directory => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(directory, name)))
        .FirstOrDefault(File.Exists);

    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (s_program == null) return;
        _browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = s_program,
            Headless = true,
            Timeout = 120_000, // a busy machine
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        });
    }

    /// <summary>Opens a file with the network switched off. What the page complains of, or asks for beside itself, goes to the list.</summary>
    public async Task<(IPage Page, List<string> Complaints)> Open(string file, int width = 1400, int height = 1000)
    {
        Assert.SkipWhen(_browser == null, "there is no Chromium on the PATH (Debian: apt-get install chromium)");
        var complaints = new List<string>();
        IPage page = await _browser!.NewPageAsync();
        page.DefaultTimeout = 120_000;
        page.Console += (_, e) =>
        {
            if (e.Message.Type is ConsoleType.Error or ConsoleType.Warning) complaints.Add(e.Message.Text);
        };
        page.PageError += (_, e) => complaints.Add(e.Message);
        page.Request += (_, e) =>
        {
            if (e.Request.Url != new Uri(file).AbsoluteUri) complaints.Add($"asked for {e.Request.Url}");
        };
        await page.SetOfflineModeAsync(true);
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = height });
        await page.GoToAsync(new Uri(file).AbsoluteUri, new NavigationOptions { WaitUntil = [WaitUntilNavigation.Load] });
        return (page, complaints);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser != null) await _browser.DisposeAsync();
    }
}
