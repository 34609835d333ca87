#!/bin/sh
# The admission and other policies on made work (docs/admission.md): seeds 201 to 220, on which nothing was tuned.
# Prints a table in Markdown: for each trace and policy the median and the worst time over the lower bound, and what was
# killed and lost over all seeds. Draws docs/admission-memory.svg. About a minute.
set -eu
cd "$(dirname "$0")/.."

# shellcheck disable=SC2016 # PowerShell's variables, not the shell's
exec ./defrag -c '
$seeds = 201..220
"| Trace | Policy | Ratio, median | worst | Kernel kills | Own kills, worst run | Lost | Wasted |"
"|---|---|---|---|---|---|---|---|"
foreach ($trace in "Seed", "MemoryBound", "Giant", "Cold", "Stale", "Foreign", "Ramps") {
    $runs = @{}
    foreach ($one in Measure-DefragThrottle -Trace $trace -Seed $seeds) { $runs[$one.Policy] = @($runs[$one.Policy]) + $one }
    foreach ($policy in "Predictive", "Clairvoyant", "Tiers", "MemfreeEighth", "MemfreeQuarter", "MemfreeTwoFifths", "FixedAll", "FixedHalf", "FixedQuarter", "TiersTotalFree") {
        $ratios = [double[]] @(); $kernel = 0; $own = 0; $lost = 0; $wasted = 0; $unfinished = $false
        foreach ($one in $runs[$policy]) {
            if ($null -eq $one) { continue }
            $ratios += $one.Ratio; $kernel += $one.KernelKills; $lost += $one.Lost; $wasted += $one.Wasted / $seeds.Count
            if ($one.OwnKills -gt $own) { $own = $one.OwnKills }
            if (-not $one.Ended) { $unfinished = $true }
        }
        [array]::Sort($ratios)
        $more = if ($unfinished) { "over " } else { "" }
        [string]::Format([cultureinfo]::InvariantCulture, "| {0} | {1} | {2}{3:0.000} | {4:0.000} | {5} | {6} | {7} | {8:0.0 %} |",
            $trace, $policy, $more, $ratios[[int][math]::Floor($ratios.Count / 2)], $ratios[-1], $kernel, $own, $lost, $wasted)
    }
}
Measure-DefragThrottle -Trace MemoryBound -Seed 201 -Policy Tiers, MemfreeQuarter, Predictive -Plot docs/admission-memory.svg -Force > $null
'
