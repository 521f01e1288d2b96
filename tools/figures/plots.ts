// The curves of the recorded runs as pictures: SVG by echarts without a browser. Runs in the tools' main thread.

import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { KeptCurve } from './results-file.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 720;
const HEIGHT = 400;
/** The last of "ten to the minus so many" that a percentile's place on the axis has; 100 stands there. */
const MOST_NINES = 5;

interface PlotWords {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

/** A percentile's place on an axis on which 90, 99 and 99.9 are equally far apart. */
function ninesOf(percentile: number): number {
  return percentile >= 100 ? MOST_NINES : Math.min(MOST_NINES, -Math.log10(1 - percentile / 100));
}

function percentileAt(nines: number): string {
  return nines >= MOST_NINES ? 'worst' : String(Number((100 * (1 - 10 ** -nines)).toFixed(4)));
}

function isLatency(plot: string): boolean {
  return plot.startsWith('latency-');
}

function wordsOf(plot: string): PlotWords {
  if (!isLatency(plot)) return { title: 'Throughput', x: 'commands in a frame', y: 'commands/s' };
  return { title: `Latency at ${plot.slice('latency-'.length)} orders/s`, x: 'percentile', y: 'microseconds' };
}

function optionOf(plot: string, curves: readonly KeptCurve[]): EChartsCoreOption {
  const { title, x, y } = wordsOf(plot);
  const latency = isLatency(plot);
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', top: 4 },
    legend: { top: 38 },
    grid: { left: 80, right: 40, top: 84, bottom: 56 },
    xAxis: {
      type: latency ? 'value' : 'log',
      name: x,
      nameLocation: 'middle',
      nameGap: 32,
      ...(latency ? { min: 0, max: MOST_NINES, interval: 1, axisLabel: { formatter: percentileAt } } : { logBase: 4 }),
    },
    yAxis: { type: latency ? 'log' : 'value', name: y },
    series: curves.map(({ line, points }) => ({
      type: 'line' as const,
      name: line,
      symbolSize: 5,
      data: points.map(([at, value]) => [latency ? ninesOf(at) : at, value]),
    })),
  };
}

/** One picture for all curves of a plot, by the plot's name. */
export function plotsOf(curves: readonly KeptCurve[]): Map<string, string> {
  const plots = new Map<string, string>();
  for (const plot of new Set(curves.map((curve) => curve.plot))) {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
    chart.setOption(
      optionOf(
        plot,
        curves.filter((curve) => curve.plot === plot),
      ),
    );
    plots.set(plot, `${titled(settled(chart.renderToSVGString()), wordsOf(plot).title)}\n`);
    chart.dispose();
  }
  return plots;
}

/** With the title as a reader of pages aloud finds it; what is drawn as text is no title to it. */
function titled(svg: string, title: string): string {
  return svg.replace('>', `><title>${title}</title>`);
}

/** The names inside are numbered on from picture to picture; numbered anew, the same curves give the same bytes. */
function settled(svg: string): string {
  const names = new Map<string, string>();
  return svg.replace(/\bzr\d+-([a-z]+(?:-[a-z]+)*)-?\d+\b/g, (name, kind: string) => {
    const known = names.get(name) ?? `${kind}-${names.size}`;
    names.set(name, known);
    return known;
  });
}
