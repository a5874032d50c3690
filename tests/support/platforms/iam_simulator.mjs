// Answers simulations of IAM, an array of JSON on standard input: allowed or why not. Run by iam_simulator.py, in the folder
// where @cloud-copilot/iam-simulate is installed.
import { createRequire } from 'node:module'

const { runSimulation } = createRequire(`${process.cwd()}/`)('@cloud-copilot/iam-simulate')

let text = ''
for await (const part of process.stdin) text += part
const answers = []
for (const simulation of JSON.parse(text)) {
  const answer = await runSimulation(simulation, {})
  answers.push(answer.resultType === 'error' ? `error: ${JSON.stringify(answer.errors)}` : answer.overallResult)
}
process.stdout.write(JSON.stringify(answers))
