"""The tables that people read."""

import statistics

MIB = 1 << 20


def layout(head, lines):
    """Columns as wide as needed, the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]

    def row(line):
        return "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                         for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
    return "\n".join([row(head), row(["-" * width for width in widths]), *map(row, lines)])


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def spread(value):
    return "" if value is None else f"{number(value.median)} ({number(value.least)}–{number(value.most)})"


def scaled(value, row):
    """Rates of bytes are shown in MB."""
    if value is None or row.unit != "MB/s":
        return value
    return type(value)(value.median / 1e6, value.least / 1e6, value.most / 1e6)


def targets(lines):
    head = ["work", "unit", "ours", "against", "theirs", "ratio", "at least", "aim", ""]
    shown = []
    for line in lines:
        sign = "" if line.against else "≤ "
        shown.append([
            line.row.title, line.row.unit, spread(scaled(line.ours, line.row)), line.against or "",
            spread(scaled(line.theirs, line.row)), spread(line.ratio), sign + number(line.at_least),
            sign + number(line.aim) if line.aim is not None else "", line.verdict])
    return layout(head, shown)


def roles(values, merge=max):
    """One value for each role: the highest peak of all holders, or the sum of their times."""
    found = {}
    for name, value in values.items():
        role = name.split("-")[0]
        found[role] = merge((found[role], value)) if role in found else value
    return found


def costs(rounds):
    """What each step took: medians over the rounds that went well."""
    head = ["corpus, step", "contender", "s", "CPU s", "on the wire MB", "on disk MB", "peak memory MiB"]
    groups = {}
    for one in rounds:
        for name, step in one.steps.items() if not one.failure else []:
            groups.setdefault((one.corpus, name, one.contender), []).append(step)
    lines = []
    for (corpus, name, contender), steps in groups.items():
        def median(value, steps=steps):
            return statistics.median(value(step) for step in steps)
        peaks = {role: median(lambda step, role=role: roles(step.peaks)[role]) for role in roles(steps[0].peaks)}
        times = {role: median(lambda step, role=role: roles(step.cpus, sum)[role]) for role in roles(steps[0].cpus)}
        lines.append([
            f"{corpus} {name}", contender, f"{median(lambda step: step.seconds):.2f}",
            f"{median(lambda step: step.cpu):.2f}" + ("" if len(times) < 2 else ": " + ", ".join(
                f"{role} {value:.2f}" for role, value in times.items())),
            "" if steps[0].wire is None else f"{median(lambda step: step.wire) / 1e6:.2f}",
            f"{median(lambda step: step.disk) / 1e6:.1f}",
            ", ".join(f"{role} {value / MIB:.0f}" for role, value in peaks.items())])
    return layout(head, lines)


def growth(measured, lines):
    """Time per item for each number of chunks."""
    counts = [one["chunks"] for one in measured]
    head = ["per item, µs", *(f"{count:,} chunks" for count in counts), "growth", "at most", ""]
    return layout(head, [
        [line["work"], *(f"{value:.1f}" for value in line["microseconds"]), f"{line['growth']:.2f}",
         *(["", ""] if line["at_most"] is None else
           [number(line["at_most"]), "reached" if line["reached"] else "NOT REACHED"])] for line in lines])
