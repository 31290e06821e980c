/** Where paths are taken from. */
import { fileURLToPath } from 'node:url';

/** The folder of this project. */
export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The folder the person stands in: npm starts a script in the project's folder and keeps theirs in
 * INIT_CWD. Started in any other folder, a command was not started by npm, and that folder counts.
 */
export function personFolder(
  current: string = process.cwd(),
  { INIT_CWD: initial }: { INIT_CWD?: string } = process.env,
  project: string = projectFolder,
): string {
  const inProject = `${current}/`.replace(/[\\/]+$/, '/') === project.replace(/[\\/]+$/, '/');
  return inProject && initial !== undefined && initial !== '' ? initial : current;
}
