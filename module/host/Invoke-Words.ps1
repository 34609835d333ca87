<#
.SYNOPSIS
Runs a command with the words of a command line as its arguments.

.DESCRIPTION
The one place that turns words into a call, for both engines: the embedded one (defrag-host) hands over a string[],
a real pwsh gets the words as one base64 argument, which it cannot mistake for its own options or for script.

    words -> Read-Word (metadata of the command) -> a hashtable and an array -> & command @named @positional

1. No word is ever parsed as code. '$(...)', '@{}' and ';' in a word are text and arrive as they were typed.
2. Names are resolved by the engine itself (CommandInfo.ResolveParameter): aliases, unambiguous prefixes and common
   parameters work as in PowerShell. A word is a parameter when '-' and a letter begin it; '-5' and '-' are values.
3. A parameter that holds many values takes one word at each mention: -Include a -Include b.
4. After '--' all words are values. They go to the parameter that takes the remaining arguments, if there is one.
5. Exit code: of a command with the switch -ExitCode, which is set, what it leaves in $LASTEXITCODE, also when it ends
   with an error; of any other 0, and 1 after a terminating error. A call that cannot be made: 3. Stopped: 130.

The language and the engine's own cmdlets are all that is used: nothing else is there without pwsh.

.PARAMETER Module
Path of the manifest of the module that has the command. May be empty.

.PARAMETER Encoded
The words, the command's name first, each ended by a NUL, as UTF-8 in base64.

.PARAMETER Words
The same words as they are.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [AllowEmptyString()]
    [string] $Module,

    [Parameter(Position = 1)]
    [string] $Encoded,

    [AllowEmptyString()]
    [string[]] $Words
)

# The call cannot be made. The message is for a person; the process ends with this number.
$badCall = 3

# Constant text, compiled apart from this file: an error record then points to no line of it, and the engine's view
# shows "Invoke-X: message" instead of a picture of our source.
$call = [scriptblock]::Create('param($Command, $Named, $Positional) & $Command @Named @Positional')
$fail = [scriptblock]::Create('param($Record) throw $Record')
$import = [scriptblock]::Create('param($Path) Import-Module -Name $Path -ErrorAction Stop')
$write = '[CmdletBinding()] param($Record) $PSCmdlet.WriteError($Record)'
$show = [scriptblock]::Create("param(`$Record) & { $write } `$Record")

function New-CallError([string] $Id, [string] $Message, $Target) {
    $exception = [System.ArgumentException]::new($Message)
    $record = [System.Management.Automation.ErrorRecord]::new($exception, $Id, 'InvalidArgument', $Target)
    $record.CategoryInfo.Activity = 'defrag'
    $record
}

# Shows a caught record as the error it is, on the error stream. The writer has no name of its own, and the activity is
# kept by being set, so that the view names the command that failed and not this script.
function Show-Error([System.Management.Automation.ErrorRecord] $Record) {
    $Record.CategoryInfo.Activity = $Record.CategoryInfo.Activity
    & $show $Record
}

# Levenshtein's distance, without case: how many letters must change to make one name of the other.
function Get-Distance([string] $From, [string] $To) {
    $from = $From.ToLowerInvariant()
    $to = $To.ToLowerInvariant()
    $row = [int[]] (0..$to.Length)
    for ($i = 1; $i -le $from.Length; $i++) {
        $diagonal = $row[0]
        $row[0] = $i
        for ($j = 1; $j -le $to.Length; $j++) {
            $above = $row[$j]
            $change = if ($from[$i - 1] -ceq $to[$j - 1]) { 0 } else { 1 }
            $row[$j] = [System.Math]::Min([System.Math]::Min($above, $row[$j - 1]) + 1, $diagonal + $change)
            $diagonal = $above
        }
    }
    $row[$to.Length]
}

# " Did you mean 'a' or 'b'?" of the up to three names that are near, or nothing.
function Get-Suggestion([string] $Name, [string[]] $Known, [string] $Prefix = '') {
    $near = [System.Collections.Generic.List[string]]::new()
    $distances = [System.Collections.Generic.List[int]]::new()
    foreach ($candidate in $Known) {
        $distance = Get-Distance $Name $candidate
        $part = $Name.Length -ge 3 -and $candidate.Contains($Name, [System.StringComparison]::OrdinalIgnoreCase)
        if ($part) { $distance = 1 }
        if ($distance -le [System.Math]::Max(2, $Name.Length / 3)) {
            $near.Add("'$Prefix$candidate'")
            $distances.Add($distance)
        }
    }
    if ($near.Count -eq 0) { return '' }
    $sorted = $near.ToArray()
    [array]::Sort($distances.ToArray(), $sorted)
    " Did you mean $($sorted[0..([System.Math]::Min(3, $sorted.Length) - 1)] -join ' or ')?"
}

function Resolve-Word([System.Management.Automation.CommandInfo] $Command, [string] $Name) {
    try {
        return $Command.ResolveParameter($Name)
    }
    catch {
        $cause = $_.Exception
        while ($cause.InnerException) { $cause = $cause.InnerException }
        $ambiguous = $cause -is [System.Management.Automation.ParameterBindingException] -and
            $cause.ErrorId -eq 'AmbiguousParameter'
        if ($ambiguous) {
            & $fail (New-CallError 'AmbiguousParameter' "$($Command.Name): $($cause.Message)" $Name)
        }
        $suggestion = Get-Suggestion $Name $Command.Parameters.Keys '-'
        & $fail (New-CallError 'UnknownParameter' "$($Command.Name) has no parameter '-$Name'.$suggestion" $Name)
    }
}

# True for a switch and for a bool: both are written as a word that is no text.
function Test-Boolean([type] $Type) {
    $Type -eq [switch] -or $Type -eq [bool] -or $Type -eq [System.Nullable[bool]]
}

# True when a parameter can take several words. A hashtable can: its cmdlet makes one of "key=value" words.
function Test-Many([type] $Type) {
    $Type.IsArray -or ($Type -ne [string] -and [System.Collections.ICollection].IsAssignableFrom($Type))
}

function ConvertTo-Boolean([string] $Name, [string] $Word) {
    switch ($Word) {
        { $_ -in '$true', 'true', '1' } { return $true }
        { $_ -in '$false', 'false', '0' } { return $false }
        default {
            & $fail (New-CallError 'InvalidBoolean' "-$Name is on or off: '$Word' is neither `$true nor `$false." $Word)
        }
    }
}

# The words of one call, sorted by what they are: Named for the hashtable splat, Positional for the array splat.
function Read-Word([System.Management.Automation.CommandInfo] $Command, [string[]] $Words) {
    $named = @{}
    $positional = [System.Collections.Generic.List[object]]::new()
    for ($i = 0; $i -lt $Words.Length; $i++) {
        $word = $Words[$i]
        if ($word -ceq '--') {
            $rest = [string[]] $(if ($i + 1 -lt $Words.Length) { $Words[($i + 1)..($Words.Length - 1)] })
            Add-Rest $Command $rest $named $positional
            break
        }
        if ($word -notmatch '^-[\p{L}_]') {
            $positional.Add($word)
            continue
        }

        # -Name, -Name:value or, as PowerShell has it, '-Name:' and the value in the next word.
        $name, $value = $word.Substring(1).Split(':', 2)
        $parameter = Resolve-Word $Command $name
        $type = $parameter.ParameterType
        if ([string]::IsNullOrEmpty($value) -and ($word.EndsWith(':') -or -not ($type -eq [switch]))) {
            $next = if ($i + 1 -lt $Words.Length) { $Words[$i + 1] }
            $isNoValue = $null -eq $next -or (-not $word.EndsWith(':') -and ($next -ceq '--' -or $next -match '^-[\p{L}_]'))
            if ($isNoValue) {
                $hint = if ($next) { " A value that begins with a dash is written -$($parameter.Name):$next" }
                & $fail (New-CallError 'MissingArgument' "-$($parameter.Name) needs a value.$hint" $word)
            }
            $i++
            $value = $next
        }

        if (Test-Boolean $type) {
            $value = if ($null -eq $value) { $true } else { ConvertTo-Boolean $parameter.Name $value }
        }
        if (-not $named.ContainsKey($parameter.Name)) {
            $named[$parameter.Name] = $value
        }
        elseif (Test-Many $type) {
            $named[$parameter.Name] = [string[]] (@($named[$parameter.Name]) + $value)
        }
        else {
            & $fail (New-CallError 'ParameterTwice' "-$($parameter.Name) takes one value and is there twice." $word)
        }
    }
    @{ Named = $named; Positional = $positional.ToArray() }
}

# By name if one parameter takes them: by position the first words would go to a positional one that is still free.
function Add-Rest($Command, [string[]] $Rest, [hashtable] $Named, $Positional) {
    $takers = @(foreach ($parameter in $Command.Parameters.Values) {
            foreach ($set in $parameter.ParameterSets.Values) {
                if ($set.ValueFromRemainingArguments) { $parameter; break }
            }
        })
    if ($takers.Count -ne 1) {
        foreach ($word in $Rest) { $Positional.Add($word) }
    }
    elseif ($Rest.Length -gt 0) {
        $name = $takers[0].Name
        $Named[$name] = [string[]] ($(if ($Named.ContainsKey($name)) { $Named[$name] }) + $Rest)
    }
}

function Find-Command([string] $Name) {
    $kinds = 'Cmdlet', 'Function', 'Alias'
    $found = @(Get-Command -Name ([WildcardPattern]::Escape($Name)) -CommandType $kinds -ErrorAction Ignore)
    if ($found.Count -eq 0) {
        $known = foreach ($imported in Get-Module) { $imported.ExportedCommands.Keys }
        & $fail (New-CallError 'UnknownCommand' "There is no cmdlet '$Name'.$(Get-Suggestion $Name $known)" $Name)
    }
    if ($found[0].CommandType -eq 'Alias') { return $found[0].ResolvedCommand }
    $found[0]
}

try {
    if ($Encoded) {
        $text = [System.Text.Encoding]::UTF8.GetString([System.Convert]::FromBase64String($Encoded))
        $Words = $text.Substring(0, $text.Length - 1).Split([char] 0)
    }
    if (-not $Words) { & $fail (New-CallError 'NoCommand' 'No words: the first one names the cmdlet.' $null) }
    if ($Module) { & $import $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Module) }
    $command = Find-Command $Words[0]
    $arguments = [string[]] $(if ($Words.Length -gt 1) { $Words[1..($Words.Length - 1)] })
    $help = $arguments.Length -eq 1 -and $arguments[0] -ceq '-?'
    if ($help) {
        $bound = @{ Named = @{ Name = $command.Name }; Positional = @() }
        $command = Get-Command -Name Get-Help -CommandType Cmdlet
    }
    else {
        $bound = Read-Word $command $arguments
    }
}
catch {
    Show-Error $_
    exit $badCall
}

$counts = $false
$exitCode = $command.Parameters['ExitCode']
if ($exitCode -and $exitCode.ParameterType -eq [switch]) {
    if (-not $bound.Named.ContainsKey('ExitCode')) { $bound.Named['ExitCode'] = $true }
    $counts = [bool] $bound.Named['ExitCode']
}

$global:LASTEXITCODE = 0
$ended = $false
try {
    & $call $command $bound.Named $bound.Positional
    $ended = $true
}
catch {
    $ended = $true
    Show-Error $_
    # A command that counts has said which kind of failure it was, unless its parameters could not even be bound.
    exit $(if (-not $counts) { 1 } elseif ($global:LASTEXITCODE) { $global:LASTEXITCODE } else { $badCall })
}
finally {
    # Stopped by Ctrl+C: only this block runs, and pwsh would end with 0 as if all were well.
    if (-not $ended) { $Host.SetShouldExit(130) }
}
exit $(if ($counts) { $global:LASTEXITCODE } else { 0 })
