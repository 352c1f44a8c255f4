import { expect, it } from 'vitest';
import { parseCrowd } from '../../../src/inputs/matrix.ts';

const crowd = (total: string, index: string) =>
  parseCrowd(name => ({ 'job-total': total, 'job-index': index })[name]);

it('is what GitHub says of the matrix', () => {
  expect(crowd('256', '0')).toEqual({ total: 256, index: 0 });
  expect(crowd(' 12 ', ' 11 ')).toEqual({ total: 12, index: 11 });
  expect(crowd('1', '0')).toEqual({ total: 1, index: 0 });
});

it.each([
  '',
  ' ',
  '0',
  '-3',
  '1.5',
  '1e2',
  '0x10',
  'NaN',
  'Infinity',
  'many',
  '2 jobs',
  '${{ strategy.job-total }}',
  '99999999999999999999',
])('counts the odd value %j as one job, and as the first', odd => {
  expect(crowd(odd, '7')).toEqual({ total: 1, index: 7 });
  expect(crowd('9', odd)).toEqual({ total: 9, index: 0 });
});
