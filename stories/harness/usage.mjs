// CPU time and commands of a server, read from INFO and summed over its restarts, because each restart begins at zero.

const SECTIONS = { cpu: cpuSeconds, commandstats: commandCalls };

export class Usage {
  #before = zero();
  #sum = zero();

  /** The server has started. */
  async started() {
    this.#before = zero();
  }

  /** Counts from now on. */
  async reset(control) {
    this.#before = await read(control);
    this.#sum = zero();
  }

  /** The server is about to end. Keeps what it has used. */
  async ending(control) {
    this.#sum = await this.total(control);
  }

  /** `cpu` is in seconds. `commands` includes commands inside scripts. */
  async total(control) {
    const now = await read(control);
    const total = zero();
    for (const name of Object.keys(total)) total[name] = this.#sum[name] + now[name] - this.#before[name];
    return total;
  }
}

const zero = () => ({ cpu: 0, commands: 0 });

async function read(control) {
  const [cpu, commands] = await Promise.all(
    Object.entries(SECTIONS).map(async ([section, number]) => number(await control.info(section))),
  );
  return { cpu, commands };
}

function cpuSeconds(info) {
  return field(info, 'used_cpu_user') + field(info, 'used_cpu_sys');
}

function commandCalls(info) {
  let calls = 0;
  for (const [, number] of info.matchAll(/:calls=(\d+)/g)) calls += Number(number);
  return calls;
}

function field(info, name) {
  return Number(info.match(new RegExp(`^${name}:(.*)\r$`, 'm'))[1]);
}
