/** axe's verdict on what a component test shows. */
import axe from 'axe-core';

/** One line for each serious or critical finding. */
export async function seriousFindings(within: Element): Promise<string[]> {
  const { violations } = await axe.run(within);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
}
