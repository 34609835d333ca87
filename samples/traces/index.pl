# Indexes texts in memory, one after another, and keeps a little of each: the program behind the trace perl-index.
# Ends by POSIX::_exit while that little lives, so that a recording ends there too.
use strict;
use warnings;
use POSIX ();

my $state = 20261124;

# A generator of our own: perl's rand may change with its version.
sub draw { $state = ($state * 1103515245 + 12345) % 2147483648; return int($state / 65536) % $_[0]; }

my @words = map { my $n = $_; join '', map { chr(97 + ($n * 7 + $_ * $_ * 3) % 26) } 0 .. 2 + $n % 9 } 0 .. 2999;
my @kept;
for my $text (1 .. 10) {
    my (%places, %pairs, @lines);
    for my $line (1 .. 3000) {
        my @in = map { $words[draw(draw(3000) + 1)] } 1 .. 4 + draw(12);
        push @{ $places{$_} }, $line for @in;
        $pairs{"$in[$_] $in[$_ + 1]"}++ for 0 .. $#in - 1;
        push @lines, join(' ', @in);
    }
    for my $pair (keys %pairs) {
        delete $pairs{$pair} if $pairs{$pair} < 2;
    }
    my @common = (sort { $pairs{$b} <=> $pairs{$a} || $a cmp $b } keys %pairs)[ 0 .. 49 ];
    push @kept, { text => $text, common => \@common, lines => [ @lines[ grep { $_ % 100 == 0 } 0 .. $#lines ] ] };
}
syswrite STDOUT, scalar(@kept) . " texts\n";
POSIX::_exit(0);
